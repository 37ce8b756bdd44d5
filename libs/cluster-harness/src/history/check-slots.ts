import type { Entry } from '../journal/entry.js';
import type { Fates } from './fates.js';
import { grouped, nameOf, type Run, sameGrant } from './runs.js';
import type { Violation } from './violation.js';

/**
 * A slot of a job is started once, unless its earlier starter left it undone: it died, was interrupted, lost its
 * lease, or was frozen when the next one started.
 *
 * A run that has ended otherwise is clean, and its slot is never started again, unless the instance was killed, crashed
 * or was frozen around that end: what it wrote here may then never have reached the store. Further attempts within
 * one grant are no new starts if the attempt before did not succeed.
 */
export function checkSlots(runs: readonly Run[], fates: Fates): Violation[] {
  const slots = grouped(
    runs.filter(({ started }) => started.slot !== null),
    ({ started: { job, slot } }) => JSON.stringify([job, slot]),
  );
  return [...slots.values()].flatMap((starts) =>
    starts
      .toSorted((a, b) => a.started.fencingToken - b.started.fencingToken)
      .flatMap((run, index, all) => checkRestart(all[index - 1], run, fates)),
  );
}

function checkRestart(earlier: Run | undefined, next: Run, fates: Fates): Violation[] {
  if (!earlier || isRetry(earlier, next) || leftUndone(earlier, next, fates)) return [];
  const entries: readonly Entry[] = [
    earlier.started,
    ...(earlier.ended ? [earlier.ended] : []),
    next.started,
  ];
  if (earlier.ended?.outcome === 'succeeded') {
    const message = `${nameOf(next.started)} started although ${nameOf(earlier.started)} had succeeded.`;
    return [{ kind: 'slot-repeated-after-success', message, entries }];
  }
  const message = `${nameOf(next.started)} started although ${nameOf(earlier.started)} had not left the slot undone.`;
  return [{ kind: 'slot-started-twice', message, entries }];
}

function isRetry(earlier: Run, next: Run): boolean {
  const failed = earlier.ended?.outcome === 'failed' || earlier.ended?.outcome === 'timed-out';
  return failed && sameGrant(earlier.started, next.started) && next.started.attempt > earlier.started.attempt;
}

function leftUndone({ started, lost, ended }: Run, next: Run, fates: Fates): boolean {
  if (sameGrant(started, next.started)) return false;
  const since = Math.max(started.at, next.started.at);
  if (ended && ended.at <= since) {
    return (
      ended.outcome === 'interrupted' ||
      ended.outcome === 'lost' ||
      fates.cutShort(started.instance, ended.at)
    );
  }
  return (
    lost !== null || fates.diedBy(started.instance, since) || fates.frozenLately(started.instance, since)
  );
}
