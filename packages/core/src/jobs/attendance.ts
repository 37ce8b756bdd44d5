import { asError } from '../errors.js';
import { HeldLease } from '../lease/held-lease.js';
import { isTransient, pauseAfter } from '../lease/attempts.js';
import type { JobNote, SlotClaim } from '../lease/lease-provider.js';
import type { Leases } from '../lease/leases.js';
import type { RunReport } from '../lease/lock-record.js';
import { MAX_DELAY } from '../time/clock.js';
import type { Random } from '../time/random.js';
import { sleep } from '../time/sleep.js';
import { ActiveRun, type RunContext } from './active-run.js';
import type { Activity } from './activity.js';
import { type Job, permitsOf, recordOf } from './job-definition.js';
import type { SkipReason } from './job-event.js';

/** What every way of attending a job works with. */
export interface AttendanceContext extends RunContext {
  readonly leases: Leases;
  readonly random: Random;
  readonly activity: Activity;
  /** Aborts when this instance stops asking. */
  readonly stopping: AbortSignal;
  /** Aborts when a shutdown waits for nothing any more. */
  readonly givingUp: AbortSignal;
  /** Whether the job has not been removed. */
  readonly isKnown: (job: Job) => boolean;
  /** Until when, on the monotonic clock, a job does not ask because the store has denied it. */
  readonly deniedUntil: WeakMap<Job, number>;
  /** The last slot that this instance is through with, of jobs that it could be granted again under another permit. */
  readonly through: WeakMap<Job, number>;
}

export interface Refused {
  readonly reason: SkipReason;
  /** Milliseconds until asking again makes sense. */
  readonly pause: number;
  /** What the store was not asked for. */
  readonly error?: Error;
  /** Who holds it, by name. */
  readonly holder?: string;
}

/** Makes one attempt to be granted a permit of the job; without a slot if the job has none. Never rejects. */
export async function ask(
  job: Job,
  slot: number | null,
  context: AttendanceContext,
  failures: number,
): Promise<HeldLease | Refused> {
  const { activity, clock, deniedUntil, isKnown, instance, stopping } = context;
  if (activity.isAt(job)) return STILL_RUNNING;
  const denied = (deniedUntil.get(job) ?? -Infinity) - clock.monotonic();
  if (denied > 0) return { reason: 'unreachable', pause: denied };
  try {
    let answer = await askForAny(job, slot, context);
    if (!(answer instanceof HeldLease) && answer.holder === instance) {
      // Others of this instance have asked in the same moment. The one that was granted the lock then goes on, or has ended.
      // The holder's name is a hint: an instance that bears the same one costs no more than a second question.
      await sleep(clock, OWN_PAUSE, stopping, true);
      if (activity.isAt(job)) return STILL_RUNNING;
      answer = await askForAny(job, slot, context);
    }
    // While the store was asked, the job may have been removed, or another of its lock have begun here and lost its lease.
    if (!(answer instanceof HeldLease) || (isKnown(job) && !activity.isAt(job))) return answer;
    await answer.release();
    return STILL_RUNNING;
  } catch (thrown) {
    const error = asError(thrown);
    if (isTransient(error)) {
      return { reason: 'unreachable', pause: Math.min(1_000 * 2 ** failures, MAX_BACK_OFF), error };
    }
    // Credentials and settings do not mend by themselves in a second, and asking too often may lock an account.
    deniedUntil.set(job, clock.monotonic() + DENIED_PAUSE);
    return { reason: 'unreachable', pause: DENIED_PAUSE, error };
  }
}

async function askForAny(
  job: Job,
  slot: number | null,
  context: AttendanceContext,
): Promise<HeldLease | Refused> {
  if (job.policies.concurrency === 1) return askFor(job.lock, job, slot, context);
  let soonest: Refused | undefined;
  for (const lock of permitsOf(job)) {
    const answer = await askFor(lock, job, slot, context);
    if (answer instanceof HeldLease) return answer;
    // All permits are paused together, and a slot that is ahead of one store is ahead of all its locks.
    if (answer.reason === 'paused' || answer.reason === 'ahead') return answer;
    if (!soonest || answer.pause < soonest.pause) soonest = answer;
  }
  return soonest as Refused;
}

async function askFor(
  lock: string,
  job: Job,
  slot: number | null,
  { leases, stopping }: AttendanceContext,
): Promise<HeldLease | Refused> {
  const { timing, maxRuntime } = job.policies;
  const claim = claimOf(job, slot);
  const answer = await leases.attempt(lock, {
    timing,
    claim,
    maxHold: maxRuntime ?? undefined,
    signal: stopping,
  });
  if (answer instanceof HeldLease) return answer;
  const { refused } = answer;
  return {
    reason: refused,
    pause: refused === 'done' ? Infinity : pauseAfter(answer),
    ...(refused === 'held' && { holder: answer.holder }),
  };
}

/** How many releases of the job's permits were told, to be taken before the store is asked. */
export function releasesOf({ lock }: Job, { activity }: AttendanceContext): number {
  return activity.followed(lock)?.releases ?? 0;
}

/**
 * Waits after a refusal for at most `limit` milliseconds, and less if the end of what it was refused for is told: by the store,
 * or by a run of this instance.
 */
export async function waitAfter(
  reason: Refused['reason'],
  { job, releases, limit }: { readonly job: Job; readonly releases: number; readonly limit: number },
  { leases, activity, clock, stopping, isKnown }: AttendanceContext,
): Promise<void> {
  // What nobody attends any more follows no lock, and a run that has ended since the refusal is told of to nobody.
  if (!isKnown(job) || (reason === 'still-running' && !activity.isAt(job))) return;
  const bounded = Math.min(limit, MAX_DELAY);
  if ((reason === 'held' || reason === 'paused') && leases.areTold) {
    await activity.follow(job).releasedSince(releases, bounded, stopping);
  } else if (reason === 'still-running') await activity.nextEnd(clock, bounded, stopping);
  else await sleep(clock, bounded, stopping, true);
}

/** What is done beside the handler, and what the store is told of it in the end. */
export interface RunPart {
  /** Called when the run has begun. Returns the function that ends what it has begun. */
  readonly beside?: (run: ActiveRun) => () => void;
  readonly noteOf: (run: ActiveRun, report: RunReport) => Pick<JobNote, 'slot' | 'holdOff'>;
}

/** Runs the job under a lease, and gives that back. Resolves with how the run ended; `null` if this instance stops. */
export async function runUnder(
  lease: HeldLease,
  { job, slot }: { readonly job: Job; readonly slot: number | null },
  context: AttendanceContext,
  { beside, noteOf }: RunPart,
): Promise<RunReport | null> {
  const { activity, emit, stopping } = context;
  if (stopping.aborted) {
    await lease.release();
    if (slot !== null) emit({ type: 'skipped', job: job.name, slot: new Date(slot), reason: 'shutdown' });
    return null;
  }
  const run = new ActiveRun(job, slot, lease, context);
  const ended = activity.begin(run, lease);
  const end = beside?.(run);
  try {
    const report = await run.execute();
    end?.();
    await lease.release({ job: { name: recordOf(job), report, ...noteOf(run, report) } });
    return report;
  } finally {
    // Idempotent: whatever went wrong, no lease is kept alive under a run that has ended.
    await lease.release();
    ended();
  }
}

function claimOf(job: Job, slot: number | null): SlotClaim {
  return {
    name: recordOf(job),
    ...(slot !== null && { slot }),
    mark: job.policies.onCrash === 'skip' ? 'at-acquire' : 'at-release',
    tolerance: SLOT_TOLERANCE,
  };
}

const STILL_RUNNING: Refused = { reason: 'still-running', pause: Infinity };
/** By how many milliseconds an instance's clock may be ahead of the store's before its slots are refused. */
const SLOT_TOLERANCE = 10_000;
/** Milliseconds, all. */
const OWN_PAUSE = 50;
const MAX_BACK_OFF = 30_000;
const DENIED_PAUSE = 60_000;
