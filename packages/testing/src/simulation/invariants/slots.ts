import type { HistoryEntry, Violation } from '../history.js';
import type { Scenario } from '../scenario.js';

/**
 * A slot starts once, unless it was left open: its run died, lost its lease or was interrupted, or the store never heard of
 * its end. A job that skips what crashed starts no slot twice, whatever happens. A store that lost its state knows no slots.
 */
export function checkSlots(history: readonly HistoryEntry[], { jobs }: Scenario): Violation[] {
  const violations: Violation[] = [];
  const skips = new Set(jobs.filter(({ onCrash }) => onCrash === 'skip').map(({ name }) => name));
  const lockOf = new Map(jobs.map(({ name, lock }) => [name, lock]));
  const marked = new Map<string, number>(); // The last slot of each job that the store counts as run.
  const markedAtGrant = new Map<string, Map<string, number>>();
  const started = new Map<string, number>();
  for (const entry of history) {
    if (entry.type === 'state-lost') {
      marked.clear();
      markedAtGrant.clear();
      started.clear();
    } else if (entry.type === 'released' && entry.job !== undefined && entry.slot !== undefined) {
      marked.set(entry.job, Math.max(entry.slot, marked.get(entry.job) ?? -Infinity));
    } else if (entry.type === 'granted') {
      const key = `${entry.lock} ${entry.token}`;
      if (!markedAtGrant.has(key)) markedAtGrant.set(key, new Map(marked));
    } else if (entry.type === 'run-started') {
      const { job, slot, token, at, instance } = entry;
      const earlier = started.get(`${job} ${slot}`);
      const marks = markedAtGrant.get(`${lockOf.get(job)} ${token}`);
      if (!marks) continue; // It was granted by a store that has forgotten it since.
      started.set(`${job} ${slot}`, token);
      const wasMarked = (marks.get(job) ?? -Infinity) >= slot;
      if (!wasMarked && !(earlier !== undefined && skips.has(job))) continue;
      const message = `${instance} started the slot ${slot} of "${job}" (token ${token}), which was not open any more.`;
      violations.push({ invariant: 'slot-once', message, at });
    }
  }
  return violations;
}
