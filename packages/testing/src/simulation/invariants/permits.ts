import type { HistoryEntry, Violation } from '../history.js';
import type { Scenario } from '../scenario.js';
import { isPermitOf, isSlotJob, type SimulatedJob } from '../simulated-job.js';
import { FINISHED } from './reports.js';

/**
 * Of one job at most so many leases are trusted at once as instances may run it, and at most so many runs of a slot finish, on
 * as many instances. That one lease at a time is trusted on each permit is told by `checkOverlaps`.
 */
export function checkPermits(history: readonly HistoryEntry[], { jobs }: Scenario): Violation[] {
  return jobs
    .filter(({ concurrency }) => concurrency !== undefined)
    .flatMap((job) => [...tooMany(history, job), ...ranTwice(history, job)]);
}

function tooMany(history: readonly HistoryEntry[], job: SimulatedJob): Violation[] {
  const violations: Violation[] = [];
  const { name, concurrency = 1 } = job;
  const trusted = new Map<string, { readonly instance: string; readonly until: number }>();
  let voided = new Set<string>();
  const granted = new Set<string>();
  for (const entry of history) {
    const { type, at, instance } = entry;
    if (type === 'granted') granted.add(`${entry.lock} ${entry.token}`);
    else if (type === 'state-lost') {
      voided = new Set(granted);
      trusted.clear();
    } else if (type === 'crashed') {
      for (const [key, holder] of trusted) if (holder.instance === instance) trusted.delete(key);
    } else if (type === 'settled' || type === 'lost') trusted.delete(`${entry.lock} ${entry.token}`);
    else if (type === 'believes' && isPermitOf(job, entry.lock)) {
      const key = `${entry.lock} ${entry.token}`;
      if (voided.has(key)) continue;
      trusted.set(key, { instance, until: entry.until });
      const holders = [...trusted.values()].filter(({ until }) => until > at);
      if (holders.length <= concurrency) continue;
      const message = `${holders.length} leases on permits of "${name}" are trusted, of which there are ${concurrency}.`;
      violations.push({ invariant: 'no-more-than-permits', message, at });
    }
  }
  return violations;
}

function ranTwice(history: readonly HistoryEntry[], { name, concurrency = 1 }: SimulatedJob): Violation[] {
  const violations: Violation[] = [];
  const finished = new Set<string>(); // By the instance and the slot: what has finished there since its start.
  const marked = new Map<number, Set<string>>(); // Of each slot: the permits under which it counts as run.
  for (const entry of history) {
    const { type, at, instance } = entry;
    if (type === 'state-lost') marked.clear();
    else if (type === 'crashed') {
      for (const key of finished.keys()) if (key.startsWith(`${instance} `)) finished.delete(key);
    } else if (type === 'released' && entry.job === name && entry.slot !== undefined) {
      const permits = marked.get(entry.slot) ?? new Set();
      marked.set(entry.slot, permits.add(entry.lock));
      if (permits.size <= concurrency) continue;
      const message = `The slot ${entry.slot} of "${name}" counts as run under ${permits.size} permits.`;
      violations.push({ invariant: 'slot-once-per-permit', message, at });
    } else if (type === 'run-started' && entry.job === name) {
      if (entry.slot === null || !finished.has(`${instance} ${entry.slot}`)) continue;
      const message = `${instance} ran the slot ${entry.slot} of "${name}" once more.`;
      violations.push({ invariant: 'slot-once-per-instance', message, at });
    } else if (type === 'run-ended' && entry.job === name && FINISHED.has(entry.outcome)) {
      finished.add(`${instance} ${entry.slot}`);
    }
  }
  return violations;
}

/**
 * Once nothing goes wrong any more, a slot is run by as many instances as may, or by all if they are fewer. Judged is who is
 * through before its next slot: see `checkLiveness`.
 */
export function checkAllPermitsUsed(
  history: readonly HistoryEntry[],
  { jobs, instances, stormEnds, store }: Scenario,
): Violation[] {
  const [from, to] = [stormEnds + SETTLING, stormEnds + SETTLING + WATCHED];
  const ahead = instances.map(({ rate, wallAhead }) => wallAhead + (rate - 1) * to);
  const apart = Math.max(0, ...ahead) - Math.min(0, ...ahead);
  const violations: Violation[] = [];
  for (const { name, period, ttl, work, concurrency = 1 } of jobs.filter(isSlotJob)) {
    const untold = store.tells ? 0 : ttl * 1.1;
    if (work.lasts + apart + untold + SLACK > period) continue;
    const wanted = Math.min(concurrency, instances.length);
    const runs = new Map<number, Set<string>>();
    const firsts = new Map<number, number>();
    for (const entry of history) {
      if (entry.type !== 'run-started' || entry.job !== name || entry.slot === null) continue;
      runs.set(entry.slot, (runs.get(entry.slot) ?? new Set()).add(entry.instance));
      if (!firsts.has(entry.slot)) firsts.set(entry.slot, entry.at);
    }
    for (const [slot, at] of firsts) {
      const by = runs.get(slot)?.size ?? 0;
      if (at < from || at > to || by >= wanted) continue;
      const message = `The slot ${slot} of "${name}" was run by ${by} instances, and ${wanted} may run it.`;
      violations.push({ invariant: 'all-permits-used', message, at });
    }
  }
  return violations;
}

/** Milliseconds, all of them. */
const SETTLING = 50_000;
const WATCHED = 20_000;
const SLACK = 2_500;
