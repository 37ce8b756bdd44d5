import { asError, StoreError } from '../errors.js';
import { HeldLease } from '../lease/held-lease.js';
import type { SlotClaim } from '../lease/lease-provider.js';
import type { Leases } from '../lease/leases.js';
import type { LockFollower } from '../lease/lock-follower.js';
import { MAX_DELAY } from '../time/clock.js';
import type { Random } from '../time/random.js';
import { sleep } from '../time/sleep.js';
import { ActiveRun, finishesSlot, type RunContext } from './active-run.js';
import type { Job } from './job-definition.js';
import type { SkipReason } from './job-event.js';

export interface AttendanceContext extends RunContext {
  readonly leases: Leases;
  readonly random: Random;
  /** Aborts when this instance stops asking. */
  readonly stopping: AbortSignal;
  readonly follow: (lock: string) => LockFollower;
  /** Told when a run begins, and when it has ended and its lease was given back. */
  readonly onRun: (run: ActiveRun, lease: HeldLease) => () => void;
}

/**
 * Attends one slot on this instance: asks for it until it is granted and run, or somebody has run it, or the next
 * slot is due at `until`. So the slot of a holder that dies is taken over, and not lost. Never rejects.
 */
export async function attendSlot(
  job: Job,
  slot: number,
  until: number,
  context: AttendanceContext,
): Promise<void> {
  const { leases, clock, random, emit, stopping } = context;
  const follower = context.follow(job.lock);
  const skip = (reason: SkipReason): void =>
    emit({ type: 'skipped', job: job.name, slot: new Date(slot), reason });
  for (let failures = 0; !stopping.aborted;) {
    const { releases } = follower;
    let pause: number;
    let reason: SkipReason;
    try {
      const { timing } = job.policies;
      const answer = await leases.attempt(job.lock, { timing, claim: claimOf(job, slot), signal: stopping });
      if (answer instanceof HeldLease) return await runSlot(job, slot, answer, context);
      reason = answer.refused;
      pause = answer.refused === 'done' ? Infinity : answer.retryAfter + 1;
      failures = 0;
    } catch (thrown) {
      if (stopping.aborted) return;
      reason = 'unreachable';
      pause = backOff(asError(thrown), ++failures);
    }
    pause += Math.min(pause * JITTER, MAX_JITTER) * random.next();
    const left = until - clock.wall();
    // Where the store tells of releases, it is worth waiting although the lease may outlive the slot.
    const isTold = reason === 'held' && follower.isTold;
    if (!(pause < left) && !(isTold && left > 0)) return skip(reason);
    const wait = Math.min(pause, left, MAX_DELAY);
    await (isTold ? follower.releasedSince(releases, wait, stopping) : sleep(clock, wait, stopping, false));
    if (follower.hasRun(job.name, slot)) return skip('done');
    if (clock.wall() >= until) return skip(reason);
  }
}

async function runSlot(job: Job, slot: number, lease: HeldLease, context: AttendanceContext): Promise<void> {
  // Granted while this instance was told to stop: the slot is for another one.
  if (context.stopping.aborted) return lease.release();
  const run = new ActiveRun(job, slot, lease, context);
  const ended = context.onRun(run, lease);
  const report = await run.execute();
  await lease.release({
    job: { name: job.name, report, ...(finishesSlot(report.outcome) && { slot }) },
  });
  ended();
}

function claimOf(job: Job, slot: number): SlotClaim {
  return {
    name: job.name,
    slot,
    mark: job.policies.onCrash === 'skip' ? 'at-acquire' : 'at-release',
    tolerance: SLOT_TOLERANCE,
  };
}

/** Credentials and settings do not mend by themselves in a second. */
function backOff(error: Error, failures: number): number {
  const transient =
    !(error instanceof RangeError) && (!(error instanceof StoreError) || error.kind === 'transient');
  return transient ? Math.min(1_000 * 2 ** (failures - 1), 30_000) : 60_000;
}

/** By how many milliseconds an instance's clock may be ahead of the store's before its slots are refused. */
const SLOT_TOLERANCE = 10_000;
/** The share of a pause, and the most milliseconds, that are added at random. */
const JITTER = 0.1;
const MAX_JITTER = 1_000;
