import type { Entry, GuardedStep, RunAborted, RunEnded, RunEntry, RunStarted } from '../journal/entry.js';

/** All that an instance wrote about one run, or about one attempt of it. */
export interface Run {
  readonly started: RunStarted;
  readonly steps: readonly GuardedStep[];
  /** When the run was told that its lease was lost. */
  readonly lost: RunAborted | null;
  readonly ended: RunEnded | null;
}

/** The runs in the order of their starts. Entries are in time order. */
export function runsOf(entries: readonly Entry[]): readonly Run[] {
  const runs: OpenRun[] = [];
  const latest = new Map<string, OpenRun>();
  for (const entry of entries) {
    if (!isRunEntry(entry)) continue;
    if (entry.kind === 'run-started') {
      const run: OpenRun = { started: entry, steps: [], lost: null, ended: null };
      runs.push(run);
      latest.set(keyOf(entry), run);
    } else {
      const run = latest.get(keyOf(entry));
      if (!run) throw new Error(`A journal speaks of a run that never started: ${JSON.stringify(entry)}`);
      addTo(run, entry);
    }
  }
  return runs;
}

/** When the run ended; never, for one that did not say so. */
export function endOf(run: Run): number {
  return run.ended?.at ?? Infinity;
}

export function sameGrant(a: RunStarted, b: RunStarted): boolean {
  return a.instance === b.instance && a.lock === b.lock && a.fencingToken === b.fencingToken;
}

export function nameOf({ job, slot, instance, fencingToken, attempt }: RunStarted | GuardedStep): string {
  const again = attempt > 1 ? `, attempt ${attempt}` : '';
  return `"${job}" for slot ${slot ?? 'none'} on ${instance} (token ${fencingToken}${again})`;
}

/** Groups in the order of their first members. */
export function grouped<T>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}

interface OpenRun extends Run {
  readonly steps: GuardedStep[];
  lost: RunAborted | null;
  ended: RunEnded | null;
}

function isRunEntry(entry: Entry): entry is RunEntry {
  return 'job' in entry;
}

function keyOf({ instance, job, lock, slot, fencingToken, attempt }: RunEntry): string {
  return JSON.stringify([instance, job, lock, slot, fencingToken, attempt]);
}

function addTo(run: OpenRun, entry: Exclude<RunEntry, RunStarted>): void {
  if (entry.kind === 'step') run.steps.push(entry);
  else if (entry.kind === 'run-ended') run.ended ??= entry;
  else if (entry.reason === 'lost') run.lost ??= entry;
}
