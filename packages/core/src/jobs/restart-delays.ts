import type { RunReport } from '../lease/lock-record.js';
import type { Schedule } from './schedule.js';

/** How long a service stays away after each of its runs: the longer, the more often in a row it has failed here. */
export function restartDelays({ restartDelay, maxRestartDelay }: NonNullable<Schedule['service']>): {
  after(report: RunReport): number;
} {
  let failures = 0;
  return {
    after({ outcome, duration }) {
      // What has gone on for long was well when it began.
      if (outcome === 'succeeded' || duration > maxRestartDelay) failures = 0;
      const delay = Math.min(restartDelay * 2 ** failures, maxRestartDelay);
      if (outcome !== 'succeeded') failures++;
      return delay;
    },
  };
}
