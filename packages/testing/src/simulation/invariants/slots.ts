import type { HistoryEntry, Violation } from '../history.js';
import type { Scenario } from '../scenario.js';
import { isSlotJob } from '../simulated-job.js';
import { Marks } from './marks.js';

/**
 * A slot starts once, unless it was left open: its run died, lost its lease or was interrupted, or the store never heard of
 * its end. A job that skips what crashed starts no slot twice, whatever happens. A store that lost its state knows no slots.
 */
export function checkSlots(history: readonly HistoryEntry[], { jobs }: Scenario): Violation[] {
  const violations: Violation[] = [];
  const slotJobs = jobs.filter(isSlotJob);
  const skips = new Set(slotJobs.filter(({ onCrash }) => onCrash === 'skip').map(({ name }) => name));
  const marks = new Marks();
  const started = new Set<string>();
  for (const entry of history) {
    marks.note(entry);
    if (entry.type === 'state-lost') started.clear();
    if (entry.type !== 'run-started' || entry.slot === null) continue;
    const { job, lock, slot, token, at, instance } = entry;
    if (!marks.knowsGrantOf(entry)) continue; // It was granted by a store that has forgotten it since.
    const key = `${lock} ${job} ${slot}`;
    const wasStarted = started.has(key);
    started.add(key);
    const wasMarked = (marks.atGrantOf(entry) ?? -Infinity) >= slot;
    if (!wasMarked && !(wasStarted && skips.has(job))) continue;
    const message = `${instance} started the slot ${slot} of "${job}" (token ${token}), which was not open any more.`;
    violations.push({ invariant: 'slot-once', message, at });
  }
  return violations;
}
