import type { HistoryEntry, Violation } from '../history.js';
import type { Scenario } from '../scenario.js';

/**
 * A store that lost its state may grant a lock that somebody holds. The holder is told with its next renewal; where that
 * cannot be answered, at the latest when its validity ends.
 *
 * An attempt that arrives late, or twice, after the loss has the store keep the lease once more, under a newer token: nobody else
 * is granted it, so there is nothing to be told.
 */
export function checkStateLoss(history: readonly HistoryEntry[], { faults }: Scenario): Violation[] {
  const violations: Violation[] = [];
  const ttls = new Map<string, number>();
  const leaseOf = new Map<string, string>();
  let forgotten = new Set<string>();
  let lostAt = -Infinity;
  for (const entry of history) {
    if (entry.type === 'granted') {
      forgotten.delete(leaseOf.get(entry.grantId) ?? '');
      leaseOf.set(entry.grantId, `${entry.lock} ${entry.token}`);
      ttls.set(`${entry.lock} ${entry.token}`, entry.ttl);
    } else if (entry.type === 'state-lost') {
      lostAt = entry.at;
      forgotten = new Set(ttls.keys());
    } else if (entry.type === 'believes' && forgotten.has(`${entry.lock} ${entry.token}`)) {
      const { lock, token, instance, at } = entry;
      const ttl = ttls.get(`${lock} ${token}`) ?? Infinity;
      const isCalm = !faults.some(
        (fault) => DISTURBS.has(fault.kind) && fault.at <= at && fault.at + fault.lasts + ttl >= lostAt,
      );
      if (at - lostAt <= (isCalm ? ttl / 3 / 0.99 + ANSWER : ttl)) continue;
      const message = `${instance} (token ${token}) still believes in its lease on "${lock}" ${Math.round(at - lostAt)} ms after the store forgot it.`;
      violations.push({ invariant: 'told-of-state-loss', message, at });
    }
  }
  return violations;
}

/** A lease that is left to its ttl by a shutdown is renewed no more, so its holder is not told either. */
const DISTURBS = new Set(['network', 'pause', 'store-down', 'drain']);
/** Milliseconds: a request and its answer, each way. */
const ANSWER = 50;
