import type { HistoryEntry, Violation } from '../history.js';

interface Belief {
  readonly token: number;
  readonly instance: string;
  readonly until: number;
}

/**
 * Of one lock there is at most one believer at any moment. A holder believes from a guarded step (its lease has just said
 * that it is valid) until that validity ends, its work settles, it is told of a loss, or it dies.
 *
 * What is believed is also true: at each guarded step the lease is live at the store, and when it expires there, or the lock
 * is granted to somebody else, its holder trusts it no more. Where the store lost its state, nobody who held before is asked: see
 * `checkStateLoss`.
 */
export function checkOverlaps(history: readonly HistoryEntry[]): Violation[] {
  const violations: Violation[] = [];
  const beliefs = new Map<string, Belief>();
  let voided = new Set<string>();
  const granted = new Set<string>();
  for (const entry of history) {
    if (entry.type === 'granted') {
      granted.add(`${entry.lock} ${entry.token}`);
    } else if (entry.type === 'believes') {
      const { lock, token, instance, at, until, live } = entry;
      if (voided.has(`${lock} ${token}`)) continue;
      const other = beliefs.get(lock);
      if (other && other.token !== token && other.until > at) {
        const message = `${instance} (token ${token}) and ${other.instance} (token ${other.token}) both believe that they hold "${lock}".`;
        violations.push({ invariant: 'no-overlap', message, at });
      }
      if (!live) {
        const message = `${instance} (token ${token}) believes in a lease on "${lock}" that is over at the store.`;
        violations.push({ invariant: 'belief-is-live', message, at });
      }
      beliefs.set(lock, { token, instance, until });
    } else if (entry.type === 'trusts') {
      const { lock, token, newer, instance, at } = entry;
      if (voided.has(`${lock} ${token}`)) continue;
      const when = newer === null ? 'had expired' : `was granted with token ${newer}`;
      const message = `${instance} (token ${token}) trusted its lease when "${lock}" ${when}.`;
      violations.push({ invariant: 'belief-is-live', message, at });
    } else if (entry.type === 'settled' || entry.type === 'lost') {
      if (beliefs.get(entry.lock)?.token === entry.token) beliefs.delete(entry.lock);
    } else if (entry.type === 'crashed') {
      for (const [lock, { instance }] of beliefs) if (instance === entry.instance) beliefs.delete(lock);
    } else if (entry.type === 'state-lost') {
      voided = new Set(granted);
      beliefs.clear();
    }
  }
  return violations;
}
