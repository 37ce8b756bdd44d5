import type { Entry } from '../journal/entry.js';
import type { Fates } from './fates.js';
import { endOf, grouped, nameOf, type Run } from './runs.js';
import type { Violation } from './violation.js';

/**
 * Runs of one lock do not overlap. A run lasts from its start to its end, or for ever if it wrote none.
 *
 * Of two that do overlap, the one with the smaller token is the earlier holder. It is excused if, when the second of
 * them started, the earlier holder
 * - was dead, or
 * - had been told that its lease was lost (its handler may go on; its steps may not), or
 * - was frozen, or thawed so recently that it could not have noticed.
 *
 * Within one instance nothing excuses two runs of one job: a handler is not called while its promise is pending.
 */
export function checkOverlaps(runs: readonly Run[], fates: Fates): Violation[] {
  return overlaps(runs).flatMap(({ holder, successor, since }) => {
    const entries = entriesOf(holder, successor);
    if (
      holder.started.instance === successor.started.instance &&
      holder.started.job === successor.started.job
    ) {
      const message = `${nameOf(successor.started)} ran while ${nameOf(holder.started)} was still running in the same process.`;
      return [{ kind: 'runs-overlap', message, entries }];
    }
    const { instance } = holder.started;
    const toldToStop = holder.lost !== null && holder.lost.at <= since;
    if (toldToStop || fates.diedBy(instance, since) || fates.frozenLately(instance, since)) return [];
    const message = `${nameOf(successor.started)} ran while ${nameOf(holder.started)} was still running on the lock "${holder.started.lock}".`;
    return [{ kind: 'runs-overlap', message, entries }];
  });
}

/**
 * A run that was told of its loss does not succeed, nor does one that was overtaken: while it ran, a run with a larger
 * token started on its lock. The second is excused if the instance was frozen just before it wrote its end, for it may
 * have reached that end before the freeze.
 */
export function checkSuccesses(runs: readonly Run[], fates: Fates): Violation[] {
  const told = runs.filter(
    ({ lost, ended }) => lost && ended?.outcome === 'succeeded' && ended.at >= lost.at,
  );
  const overtaken = overlaps(runs).filter(
    ({ holder: { started, lost, ended } }) =>
      ended?.outcome === 'succeeded' && !lost && !fates.frozenLately(started.instance, ended.at),
  );
  return [
    ...told.map((run): Violation => ({
      kind: 'succeeded-after-loss',
      message: `${nameOf(run.started)} succeeded after it was told that its lease was lost.`,
      entries: entriesOf(run),
    })),
    ...overtaken.map(({ holder, successor }): Violation => ({
      kind: 'succeeded-after-loss',
      message: `${nameOf(holder.started)} succeeded although ${nameOf(successor.started)} had been granted its lock.`,
      entries: entriesOf(holder, successor),
    })),
  ];
}

interface Overlap {
  /** The run with the smaller token, or the earlier of two with the same. */
  readonly holder: Run;
  readonly successor: Run;
  /** When the second of them started. */
  readonly since: number;
}

function overlaps(runs: readonly Run[]): Overlap[] {
  return [...grouped(runs, ({ started }) => started.lock).values()].flatMap(overlapsOfOneLock);
}

function overlapsOfOneLock(runs: readonly Run[]): Overlap[] {
  const found: Overlap[] = [];
  let open: readonly Run[] = [];
  for (const run of runs) {
    const since = run.started.at;
    open = open.filter((other) => endOf(other) > since);
    for (const other of open) {
      const late = run.started.fencingToken < other.started.fencingToken;
      found.push({ holder: late ? run : other, successor: late ? other : run, since });
    }
    open = [...open, run];
  }
  return found;
}

function entriesOf(...runs: readonly Run[]): Entry[] {
  return runs
    .flatMap(({ started, lost, ended }) => [started, lost, ended])
    .filter((entry) => entry !== null)
    .toSorted((a, b) => a.at - b.at);
}
