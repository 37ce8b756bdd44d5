import type { HistoryEntry, Violation } from '../history.js';

/** Nothing is sent to renew a grant that was given back. */
export function checkRenewals(history: readonly HistoryEntry[]): Violation[] {
  const violations: Violation[] = [];
  const released = new Set<string>();
  for (const entry of history) {
    if (entry.type === 'release-sent') released.add(entry.grantId);
    else if (entry.type === 'renew-sent' && released.has(entry.grantId)) {
      const message = `${entry.instance} renewed the grant ${entry.grantId} after it had given it back.`;
      violations.push({ invariant: 'no-renewal-after-release', message, at: entry.at });
    }
  }
  return violations;
}
