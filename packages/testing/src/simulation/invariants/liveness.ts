import { interval } from '@leased-jobs/core';
import type { HistoryEntry, Violation } from '../history.js';
import type { Scenario } from '../scenario.js';

/**
 * Once nothing goes wrong any more, and what went wrong has had time to pass, each slot is run. Judged are jobs that have
 * their lock for themselves and are through before their next slot.
 *
 * Not judged is a cluster in which a clock is ahead of the store's by more than the tolerance for slots. It is refused
 * some slots and granted others, and what it is granted counts as run before the others have reached the slot before.
 */
export function checkLiveness(
  history: readonly HistoryEntry[],
  { instances, jobs, users, stormEnds }: Scenario,
): Violation[] {
  const [from, to] = [stormEnds + SETTLING, stormEnds + SETTLING + WATCHED];
  const areClocksRight = instances.every(({ rate, wallAhead }) => wallAhead + (rate - 1) * to < TOLERANCE);
  const started = new Set(
    history.map((entry) => (entry.type === 'run-started' ? `${entry.job} ${entry.slot}` : '')),
  );
  const violations: Violation[] = [];
  for (const { name, lock, period, work } of jobs) {
    if (!areClocksRight || lock !== name || work.lasts + SLACK > period) continue;
    const schedule = interval(period);
    for (let slot = schedule.next(WALL + from, name); slot < WALL + to; slot = schedule.next(slot, name)) {
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
const TOLERANCE = 9_500;
const WALL = Date.UTC(2030, 0, 1);
