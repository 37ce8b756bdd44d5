import { asError } from '../errors.js';
import { HeldLease } from '../lease/held-lease.js';
import type { JobNote, SlotClaim } from '../lease/lease-provider.js';
import { isTransient, pauseAfter } from '../lease/attempts.js';
import type { Leases } from '../lease/leases.js';
import { MAX_DELAY } from '../time/clock.js';
import type { Random } from '../time/random.js';
import { sleep } from '../time/sleep.js';
import { ActiveRun, finishesSlot, type RunContext } from './active-run.js';
import type { Activity } from './activity.js';
import type { Job } from './job-definition.js';
import type { SkipReason } from './job-event.js';

export interface AttendanceContext extends RunContext {
  readonly leases: Leases;
  readonly random: Random;
  readonly activity: Activity;
  /** Aborts when this instance stops asking. */
  readonly stopping: AbortSignal;
  /** Whether the job has not been removed. */
  readonly isKnown: (job: Job) => boolean;
  /** Until when, on the monotonic clock, a job does not ask because the store has denied it. */
  readonly deniedUntil: Map<Job, number>;
}

/**
 * Attends one slot on this instance: asks for it until it is granted and run, or somebody has run it, or the next
 * slot is due at `until`. So the slot of a holder that dies is taken over, and not lost.
 *
 * A job that makes up for all that it has missed runs the first slot that nobody has run instead, and then the next, up to
 * this one.
 */
export async function attendSlot(
  job: Job,
  { slot, until, isMissed }: Attended,
  context: AttendanceContext,
): Promise<void> {
  const { leases, activity, clock, random, emit, stopping } = context;
  const { name, lock } = job;
  const skip = (reason: SkipReason): void =>
    emit({ type: 'skipped', job: name, slot: new Date(slot), reason });
  for (let failures = 0; !stopping.aborted && context.isKnown(job);) {
    const releases = activity.followed(lock)?.releases ?? 0;
    const answer = await ask(job, slot, context, failures);
    if (answer instanceof HeldLease) {
      const due = isMissed && answer.lastSlot === null ? null : dueSlot(job, slot, answer.lastSlot);
      if (due === null) return leaveSlot(job, slot, answer, emit);
      const isThrough = await runUnder(job, due, answer, context);
      if (isThrough && due === slot) return;
      if (isThrough) continue;
    }
    if (stopping.aborted) return;
    // After a loss the slot is open to everybody, this instance included.
    const { reason, pause } = answer instanceof HeldLease ? LOST : answer;
    failures = reason === 'unreachable' ? failures + 1 : 0;
    const wait = pauseOf(pause, random);
    const left = until - clock.wall();
    // Who is told of the end of a lease may wait for it although it may outlive the slot.
    const follower = reason === 'held' && leases.areTold ? activity.follow(lock) : undefined;
    const isTold = follower !== undefined || reason === 'still-running';
    if (!(wait < left) && !(isTold && left > 0)) return skip(reason);
    const limit = Math.min(wait, left, MAX_DELAY);
    if (follower) await follower.releasedSince(releases, limit, stopping);
    else if (reason === 'still-running') await activity.nextEnd(clock, limit, stopping);
    else await sleep(clock, limit, stopping, false);
    if (follower?.hasRun(name, slot)) return skip('done');
    if (clock.wall() >= until) return skip(reason);
  }
}

export interface Attended {
  readonly slot: number;
  /** When the next slot is due. */
  readonly until: number;
  /** Whether it was due before this instance has started. */
  readonly isMissed: boolean;
}

/** Which slot is run under a lease that was granted for `slot`. */
function dueSlot(job: Job, slot: number, lastSlot: number | null): number {
  if (job.policies.missed !== 'all' || lastSlot === null) return slot;
  return Math.min(job.schedule.next(lastSlot, job.name), slot);
}

/** The job is new: what was due before counts as run. */
async function leaveSlot(
  { name }: Job,
  slot: number,
  lease: HeldLease,
  emit: AttendanceContext['emit'],
): Promise<void> {
  await lease.release({ job: { name, slot } });
  emit({ type: 'skipped', job: name, slot: new Date(slot), reason: 'never-run' });
}

/** Those who were refused together do not come back together. */
export function pauseOf(pause: number, random: Random): number {
  return pause + Math.min(pause * JITTER, MAX_JITTER) * random.next();
}

export interface Refused {
  readonly reason: SkipReason;
  /** Milliseconds until asking again makes sense. */
  readonly pause: number;
}

/** Makes one attempt to be granted the job's lock; without a slot if the job has none. Never rejects. */
export async function ask(
  job: Job,
  slot: number | null,
  { leases, activity, clock, stopping, deniedUntil }: AttendanceContext,
  failures: number,
): Promise<HeldLease | Refused> {
  if (activity.holds(job.lock)) return { reason: 'still-running', pause: Infinity };
  const denied = (deniedUntil.get(job) ?? -Infinity) - clock.monotonic();
  if (denied > 0) return { reason: 'unreachable', pause: denied };
  try {
    const { timing, maxRuntime } = job.policies;
    const answer = await leases.attempt(job.lock, {
      timing,
      claim: claimOf(job, slot),
      maxHold: maxRuntime ?? undefined,
      signal: stopping,
    });
    if (answer instanceof HeldLease) return answer;
    return { reason: answer.refused, pause: answer.refused === 'done' ? Infinity : pauseAfter(answer) };
  } catch (thrown) {
    if (isTransient(asError(thrown))) {
      return { reason: 'unreachable', pause: Math.min(1_000 * 2 ** failures, MAX_BACK_OFF) };
    }
    // Credentials and settings do not mend by themselves in a second, and asking too often may lock an account.
    deniedUntil.set(job, clock.monotonic() + DENIED_PAUSE);
    return { reason: 'unreachable', pause: DENIED_PAUSE };
  }
}

/** Runs the job under a lease, and gives that back. Returns whether this instance is through with the slot. */
export async function runUnder(
  job: Job,
  slot: number | null,
  lease: HeldLease,
  context: AttendanceContext,
): Promise<boolean> {
  const { activity, emit, stopping } = context;
  if (stopping.aborted) {
    await lease.release();
    if (slot !== null) emit({ type: 'skipped', job: job.name, slot: new Date(slot), reason: 'shutdown' });
    return true;
  }
  const run = new ActiveRun(job, slot, lease, context);
  const ended = activity.begin(run, lease);
  try {
    const report = await run.execute();
    const done = finishesSlot(report.outcome);
    await lease.release({ job: { name: job.name, report, ...(done && noteOf(job, slot)) } });
    return report.outcome !== 'lost';
  } finally {
    // Idempotent: whatever went wrong, no lease is kept alive under a run that has ended.
    await lease.release();
    ended();
  }
}

/** What the store is told of a run that is through: its slot, or that nobody else shall run the job for a while. */
function noteOf({ schedule }: Job, slot: number | null): Pick<JobNote, 'slot' | 'holdOff'> {
  return slot === null ? { holdOff: schedule.delay ?? 0 } : { slot };
}

function claimOf(job: Job, slot: number | null): SlotClaim {
  return {
    name: job.name,
    ...(slot !== null && { slot }),
    mark: job.policies.onCrash === 'skip' ? 'at-acquire' : 'at-release',
    tolerance: SLOT_TOLERANCE,
  };
}

/** By how many milliseconds an instance's clock may be ahead of the store's before its slots are refused. */
const SLOT_TOLERANCE = 10_000;
/** The share of a pause, and the most milliseconds, that are added at random. */
const JITTER = 0.1;
const MAX_JITTER = 2_000;
/** Milliseconds, all of them. */
const LOST: Refused = { reason: 'held', pause: 1_000 };
const MAX_BACK_OFF = 30_000;
const DENIED_PAUSE = 60_000;
