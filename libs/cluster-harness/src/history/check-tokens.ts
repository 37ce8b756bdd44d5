import type { Entry, GuardedStep, RunStarted } from '../journal/entry.js';
import type { Fates } from './fates.js';
import { nameOf, type Run, sameGrant } from './runs.js';
import type { Violation } from './violation.js';

/**
 * Nobody may believe in a lease after somebody else was granted the lock.
 *
 * A step is stamped before its check, and a start after its grant. So a step that is later than the start (or a step)
 * of a larger token was certainly believed after that grant, and no death, freeze or loss excuses it.
 */
export function checkSteps(entries: readonly Entry[], runs: readonly Run[]): Violation[] {
  const violations = runs.flatMap(stepsAfterLoss);
  const newest = new Map<string, RunStarted | GuardedStep>();
  for (const entry of entries) {
    if (entry.kind !== 'step' && entry.kind !== 'run-started') continue;
    const seen = newest.get(entry.lock);
    if (!seen || entry.fencingToken > seen.fencingToken) newest.set(entry.lock, entry);
    else if (entry.kind === 'step' && entry.fencingToken < seen.fencingToken) {
      const message = `${nameOf(entry)} took a guarded step after ${nameOf(seen)} had been granted the lock "${entry.lock}".`;
      const own = runs.find(({ steps }) => steps.includes(entry))?.started;
      violations.push({ kind: 'stale-step', message, entries: [...(own ? [own] : []), seen, entry] });
    }
  }
  return violations;
}

/**
 * Fencing tokens grow over the grants of a lock, in the order in which their runs started. An instance that was
 * frozen between its grant and its start may start late; its steps are judged all the same.
 */
export function checkTokens(runs: readonly Run[], fates: Fates): Violation[] {
  const violations: Violation[] = [];
  const newest = new Map<string, RunStarted>();
  for (const { started } of runs) {
    const seen = newest.get(started.lock);
    if (!seen || started.fencingToken > seen.fencingToken) newest.set(started.lock, started);
    else if (started.fencingToken < seen.fencingToken) {
      if (fates.frozenLately(started.instance, started.at)) continue;
      const message = `${nameOf(started)} started with a smaller token than ${nameOf(seen)} before it.`;
      violations.push({ kind: 'token-went-back', message, entries: [seen, started] });
    } else if (!sameGrant(seen, started)) {
      const message = `${nameOf(started)} started with the token of ${nameOf(seen)}.`;
      violations.push({ kind: 'token-reused', message, entries: [seen, started] });
    }
  }
  return violations;
}

function stepsAfterLoss({ lost, steps }: Run): Violation[] {
  if (!lost) return [];
  return steps
    .filter(({ at }) => at > lost.at)
    .map((step) => ({
      kind: 'step-after-loss',
      message: `${nameOf(step)} took a guarded step after it was told that its lease was lost.`,
      entries: [lost, step],
    }));
}
