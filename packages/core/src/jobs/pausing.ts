import { ConfigurationError, LeasesClosedError, show } from '../errors.js';
import { pauseAfter } from '../lease/attempts.js';
import { eitherSignal } from '../lease/either-signal.js';
import { sleep } from '../time/sleep.js';
import { Stopwatch } from '../time/stopwatch.js';
import type { AttendanceContext } from './attendance.js';
import { type Job, permitsOf, recordOf } from './job-definition.js';

export interface PauseOptions {
  /** How long to wait for a run to end where only the holder of a lock may write, in milliseconds. Default: 10 000. */
  readonly wait?: number;
  readonly signal?: AbortSignal;
}

/** See `JobEngine.setPaused`. Permits that were written before one could not be stay written: ask again. */
export async function setPaused(
  job: Job,
  paused: boolean,
  { wait = 10_000, signal }: PauseOptions,
  { leases, clock, random, stopping }: Pick<AttendanceContext, 'leases' | 'clock' | 'random' | 'stopping'>,
): Promise<boolean> {
  if (job.schedule.startup) {
    throw new ConfigurationError(
      `"${job.name}" is due when an instance starts, and cannot be paused. Disable it.`,
    );
  }
  if (typeof wait !== 'number' || Number.isNaN(wait) || wait < 0) {
    throw new ConfigurationError(
      `Cannot wait ${show(wait)} ms for the end of a run of "${job.name}". Choose a number of milliseconds from 0 on.`,
    );
  }
  using either = eitherSignal(signal, stopping);
  const throwIfOver = (): void => {
    if (stopping.aborted) throw new LeasesClosedError();
    signal?.throwIfAborted();
  };
  const waited = new Stopwatch(clock);
  for (const lock of permitsOf(job)) {
    for (;;) {
      throwIfOver();
      const refusal = await leases.setPaused(lock, recordOf(job), paused, signal);
      if (refusal === null) break;
      const left = wait - waited.elapsed();
      if (!(left > 0)) return false;
      const pause = Math.min(left, pauseAfter(refusal), ASK_EVERY * (0.5 + random.next()));
      await sleep(clock, pause, either.signal, true);
    }
  }
  return true;
}

/** Milliseconds, in the mean: at the same moment of each second, a job of that period may be found at work every time. */
const ASK_EVERY = 300;
