import { type RunOutcome } from '@leased-jobs/core';
import type { HistoryEntry, Violation } from '../history.js';
import type { Scenario } from '../scenario.js';
import { Marks } from './marks.js';
import { isDelayJob, isSlotJob } from '../simulated-job.js';

/**
 * Who has finished a slot tells the store that it counts as run, and who has not finished it does not. So a slot that is
 * started again was left open by its run, or the store could not be told for as long as the lease lived. Where there are no
 * slots, what is told is for how long nobody shall run the job.
 *
 * Before its first finished run a job has missed nothing: who starts may leave a slot that the store knows nothing of.
 */
export function checkReports(history: readonly HistoryEntry[], { jobs }: Scenario): Violation[] {
  const violations: Violation[] = [];
  const judged = new Set(jobs.filter((job) => isSlotJob(job) || isDelayJob(job)).map(({ name }) => name));
  const untold = new Map<string, Violation>();
  const unfinished = new Set<string>();
  const marks = new Marks();
  const grants = new Map<string, { readonly lock: string; readonly token: number }>();
  const begun = new Set<string>();
  const isLeft = (grantId: string, job: string): boolean => {
    const grant = grants.get(grantId);
    if (!grant || begun.has(`${grant.lock} ${grant.token}`)) return false;
    return marks.atGrantOf({ ...grant, job }) === undefined;
  };
  for (const entry of history) {
    const { type, instance, at } = entry;
    marks.note(entry);
    if (type === 'granted') grants.set(entry.grantId, entry);
    else if (type === 'run-started') begun.add(`${entry.lock} ${entry.token}`);
    if (type === 'run-ended') {
      if (!judged.has(entry.job)) continue;
      const { job, slot, outcome } = entry;
      const key = [instance, job, slot].join(' ');
      const message = `${instance} finished the slot ${slot} of "${job}", and did not tell the store.`;
      unfinished.delete(key);
      if (FINISHED.has(outcome)) untold.set(key, { invariant: 'finished-slot-told', message, at });
      else unfinished.add(key);
    } else if (type === 'release-sent' && (entry.slot ?? entry.holdOff) !== undefined) {
      const key = [instance, entry.job, entry.slot].join(' ');
      untold.delete(key);
      if (!unfinished.has(key) || isLeft(entry.grantId, entry.job ?? '')) continue;
      const message = `${instance} told the store that the slot ${entry.slot} of "${entry.job}" counts as run, which it had not finished.`;
      violations.push({ invariant: 'unfinished-slot-not-told', message, at });
    } else if (type === 'crashed') {
      for (const key of untold.keys()) if (key.startsWith(`${instance} `)) untold.delete(key);
    }
  }
  return [...violations, ...untold.values()];
}

/** The outcomes after which a run counts. */
export const FINISHED: ReadonlySet<string> = new Set<RunOutcome>(['succeeded', 'failed', 'timed-out']);
