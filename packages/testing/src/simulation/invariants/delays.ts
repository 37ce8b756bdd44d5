import type { HistoryEntry, Violation } from '../history.js';
import type { Scenario } from '../scenario.js';
import { type DelayJob, isDelayJob } from '../simulated-job.js';
import { PAUSED_RETRY, pausedUntil } from './paused-until.js';
import { FINISHED } from './reports.js';

/**
 * A job with a delay is granted its lock no sooner than that after the store was told of the end of its last run, by the
 * store's clock. A run that was cut short by a shutdown or a loss leaves no delay behind, nor does a store that lost its state.
 */
export function checkDelays(history: readonly HistoryEntry[], { jobs }: Scenario): Violation[] {
  const violations: Violation[] = [];
  const delayed = byName(jobs);
  const tokenOf = new Map<string, string>(); // The lock and the token of each grant.
  const grantedAt = new Map<string, number>();
  const finished = new Map<string, string>(); // Which job has finished a run under a lock and a token.
  const ends = new Map<string, number[]>(); // Of each job: when the store was told.
  for (const entry of history) {
    if (entry.type === 'state-lost') {
      grantedAt.clear();
      ends.clear();
    } else if (entry.type === 'granted') {
      const key = `${entry.lock} ${entry.token}`;
      tokenOf.set(entry.grantId, key);
      if (!grantedAt.has(key)) grantedAt.set(key, entry.at);
    } else if (entry.type === 'run-ended' && FINISHED.has(entry.outcome)) {
      finished.set(`${delayed.get(entry.job)?.lock} ${entry.token}`, entry.job);
    } else if (entry.type === 'released') {
      const job = finished.get(tokenOf.get(entry.grantId) ?? '');
      if (job !== undefined) ends.set(job, [...(ends.get(job) ?? []), entry.at]);
    } else if (entry.type === 'run-started') {
      const job = delayed.get(entry.job);
      const granted = grantedAt.get(`${job?.lock} ${entry.token}`);
      if (!job || granted === undefined) continue;
      const last = ends.get(job.name)?.findLast((end) => end <= granted) ?? -Infinity;
      if (granted - last >= job.delay - ROUNDING) continue;
      const message = `${entry.instance} was granted "${job.name}" ${Math.round(granted - last)} ms after its last run; its delay is ${job.delay} ms.`;
      violations.push({ invariant: 'delay-kept', message, at: granted });
    }
  }
  return violations;
}

/** Once nothing goes wrong any more, a job with a delay begins again as soon as that is over. */
export function checkDelayGoesOn(
  history: readonly HistoryEntry[],
  { jobs, stormEnds }: Scenario,
): Violation[] {
  const to = stormEnds + SETTLING + WATCHED;
  const paused = pausedUntil(history);
  const violations: Violation[] = [];
  for (const { name, lock, delay, work } of byName(jobs).values()) {
    if (lock !== name) continue;
    const longest = work.lasts + delay * 1.12 + SLACK;
    const starts = history.flatMap((entry) =>
      entry.type === 'run-started' && entry.job === name && entry.at <= to ? [entry.at] : [],
    );
    const from = Math.max(stormEnds + SETTLING, (paused.get(name) ?? -Infinity) + PAUSED_RETRY);
    let last = from;
    for (const at of [...starts.filter((start) => start > from), to]) {
      if (at - last > longest) {
        const message = `"${name}" was run by nobody for ${Math.round(at - last)} ms, although nothing was wrong.`;
        violations.push({ invariant: 'delay-goes-on', message, at });
      }
      last = at;
    }
  }
  return violations;
}

function byName(jobs: Scenario['jobs']): ReadonlyMap<string, DelayJob> {
  return new Map(jobs.filter(isDelayJob).map((job) => [job.name, job]));
}

/** Milliseconds, all of them. */
const SETTLING = 50_000;
const WATCHED = 40_000;
const SLACK = 1_500;
const ROUNDING = 0.001;
