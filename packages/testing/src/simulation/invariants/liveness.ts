import { interval } from '@leased-jobs/core';
import type { HistoryEntry, Violation } from '../history.js';
import type { Scenario } from '../scenario.js';
import { pausedUntil } from './paused-until.js';
import { isSlotJob, longestRunOf } from '../simulated-job.js';
import { WALL } from '../world-clock.js';

/**
 * Once nothing goes wrong any more, and what went wrong has had time to pass, each slot is run. Judged are jobs that have
 * their lock for themselves and are through before their next slot.
 *
 * Not judged is a job whose period is shorter than its clocks are apart: who is ahead may be granted the next slot before
 * the others have come to this one, which then counts as run. That costs slots, and is a limit of the library. Nor is a job
 * that was late once and has no time to make up for it: where the store does not tell of releases, who waits for the lock
 * may ask a ttl after it was free.
 */
export function checkLiveness(
  history: readonly HistoryEntry[],
  { instances, jobs, users, stormEnds, store }: Scenario,
): Violation[] {
  const [from, to] = [stormEnds + SETTLING, stormEnds + SETTLING + WATCHED];
  const ahead = instances.map(({ rate, wallAhead }) => wallAhead + (rate - 1) * to);
  const apart = Math.max(0, ...ahead) - Math.min(0, ...ahead);
  const started = new Set(
    history.map((entry) => (entry.type === 'run-started' ? `${entry.job} ${entry.slot}` : '')),
  );
  const violations: Violation[] = [];
  const paused = pausedUntil(history);
  for (const job of jobs.filter(isSlotJob)) {
    const { name, lock, period, ttl, missed } = job;
    const untold = store.tells ? 0 : ttl * 1.1;
    // What makes up for all slots leaves none out, however late it was and however far its clocks are apart.
    const spare = missed === 'all' ? 0 : apart + untold;
    if (lock !== name || longestRunOf(job) + spare + SLACK > period) continue;
    const since = Math.max(from, (paused.get(name) ?? -Infinity) + apart + SLACK);
    const schedule = interval(period);
    for (let slot = schedule.next(WALL + since, name); slot < WALL + to; slot = schedule.next(slot, name)) {
      if (started.has(`${name} ${slot}`)) continue;
      const message = `The slot ${slot} of "${name}" was run by nobody, although nothing was wrong.`;
      violations.push({ invariant: 'slot-run', message, at: slot - WALL });
    }
  }
  const granted = history.some(
    (entry) => entry.type === 'granted' && entry.lock === 'plain' && entry.at > from,
  );
  if (!granted && users.some(({ lock }) => lock === 'plain')) {
    violations.push({ invariant: 'leases-granted', message: 'Nobody was granted "plain" any more.', at: to });
  }
  return violations;
}

/** Milliseconds, all of them. */
const SETTLING = 50_000;
const WATCHED = 20_000;
const SLACK = 2_500;
