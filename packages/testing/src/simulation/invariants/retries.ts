import type { HistoryEntry, Violation } from '../history.js';
import type { Scenario } from '../scenario.js';
import { isTriedAgain } from '../simulated-job.js';

/**
 * The handler of a run that has failed is called again as often and as late as it shall, under the same lease, and not any more
 * once its instance was told to stop or has lost the lease. A run that has failed was tried as often as it may be.
 */
export function checkRetries(history: readonly HistoryEntry[], { jobs }: Scenario): Violation[] {
  const violations: Violation[] = [];
  const judged = new Map(jobs.filter(isTriedAgain).map((job) => [job.name, job]));
  const attempts = new Map<string, number>(); // Of each run that goes on, by its lock and token.
  const settled = new Map<string, number>();
  const over = new Set<string>(); // Leases that were lost, and instances that were told to stop.
  for (const entry of history) {
    const { type, instance, at } = entry;
    if (type === 'settled') settled.set(`${entry.lock} ${entry.token}`, at);
    else if (type === 'lost') over.add(`${entry.lock} ${entry.token}`);
    else if (type === 'stopping') over.add(instance);
    else if (type === 'restarted') over.delete(instance);
    if (type !== 'run-started' && type !== 'tried-again' && type !== 'run-ended') continue;
    const job = judged.get(entry.job);
    if (!job) continue;
    const key = `${entry.lock} ${entry.token}`;
    const tell = (invariant: string, what: string): void => {
      violations.push({
        invariant,
        message: `${instance} ${what} "${job.name}" (token ${entry.token}).`,
        at,
      });
    };
    const { delay, maxDelay, backoff, attempts: most } = job.retry;
    const last = attempts.get(key) ?? 0;
    if (type === 'run-ended') {
      if (entry.outcome === 'failed' && last < most) tell('tried-often-enough', `tried only ${last} times`);
      continue;
    }
    const attempt = type === 'tried-again' ? entry.attempt : 1;
    attempts.set(key, attempt);
    if (type === 'run-started') continue;
    const wait = Math.min(backoff === 'fixed' ? delay : delay * 2 ** (attempt - 2), maxDelay);
    const waited = at - (settled.get(key) ?? at);
    if (attempt !== last + 1 || attempt > most) tell('tried-as-often-as-told', `made attempt ${attempt} of`);
    if (waited < wait * FAST) tell('tried-as-late-as-told', `waited ${Math.round(waited)} ms to try again`);
    if (over.has(key) || over.has(instance))
      tell('not-tried-when-stopped', 'was told to stop, and tried again');
  }
  return violations;
}

/** Clocks may run so much faster. */
const FAST = 0.94;
