import type { HistoryEntry, Violation } from '../history.js';

/** A job that is paused at the store is granted to nobody until it is resumed, or the store has lost its state. */
export function checkPauses(history: readonly HistoryEntry[]): Violation[] {
  const violations: Violation[] = [];
  const paused = new Set<string>();
  const pausedAtGrant = new Map<string, ReadonlySet<string>>();
  for (const entry of history) {
    if (entry.type === 'state-lost') paused.clear();
    else if (entry.type === 'job-paused') paused.add(entry.job);
    else if (entry.type === 'job-resumed') paused.delete(entry.job);
    else if (entry.type === 'granted') {
      const key = `${entry.lock} ${entry.token}`;
      if (!pausedAtGrant.has(key)) pausedAtGrant.set(key, new Set(paused));
    } else if (entry.type === 'run-started') {
      const { job, lock, token, instance, at } = entry;
      if (!pausedAtGrant.get(`${lock} ${token}`)?.has(job)) continue;
      const message = `${instance} was granted "${job}" (token ${token}), which was paused.`;
      violations.push({ invariant: 'paused-not-granted', message, at });
    }
  }
  return violations;
}
