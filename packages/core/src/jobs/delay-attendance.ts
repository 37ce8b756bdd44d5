import { HeldLease } from '../lease/held-lease.js';
import { MAX_DELAY } from '../time/clock.js';
import { sleep } from '../time/sleep.js';
import type { Job } from './job-definition.js';
import { ask, type AttendanceContext, pauseOf, runUnder } from './slot-attendance.js';

/**
 * Attends a job that has no slots, but a delay: it is due again so many milliseconds after its last run has ended, wherever
 * that was. The store keeps that time, so whoever asks earlier is told when to ask again. Resolves when this instance stops.
 */
export async function attendDelay(job: Job, delay: number, context: AttendanceContext): Promise<void> {
  const { leases, activity, clock, random, stopping } = context;
  for (let failures = 0; !stopping.aborted && context.isKnown(job);) {
    const releases = activity.followed(job.lock)?.releases ?? 0;
    const answer = await ask(job, null, context, failures);
    let refused = 'released';
    let pause = delay;
    if (answer instanceof HeldLease) {
      // Who has lost its lease, or was interrupted, leaves nothing behind that others would have to wait for.
      if (!(await runUnder(job, null, answer, context))) pause = LOST_PAUSE;
    } else {
      refused = answer.reason;
      pause = answer.pause;
    }
    if (stopping.aborted) return;
    failures = refused === 'unreachable' ? failures + 1 : 0;
    const limit = Math.min(pauseOf(pause, random), MAX_DELAY);
    if (refused === 'held' && leases.areTold) {
      await activity.follow(job.lock).releasedSince(releases, limit, stopping);
    } else if (refused === 'still-running') await activity.nextEnd(clock, limit, stopping);
    else await sleep(clock, limit, stopping, false);
  }
}

/** Milliseconds. */
const LOST_PAUSE = 1_000;
