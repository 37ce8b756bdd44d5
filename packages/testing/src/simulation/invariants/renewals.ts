import type { HistoryEntry, Violation } from '../history.js';

/** Nothing is sent to renew a grant that was given back, whose work has settled, or that is not trusted any more. */
export function checkRenewals(history: readonly HistoryEntry[]): Violation[] {
  const violations: Violation[] = [];
  const released = new Set<string>();
  for (const entry of history) {
    if (entry.type === 'release-sent') released.add(entry.grantId);
    else if (entry.type === 'renew-sent') {
      const { instance, grantId, remaining, at } = entry;
      const tell = (invariant: string, when: string): void => {
        violations.push({ invariant, message: `${instance} renewed the grant ${grantId} ${when}.`, at });
      };
      if (released.has(grantId)) tell('no-renewal-after-release', 'after it had given it back');
      else if (remaining === null) tell('no-renewal-after-work', 'though nobody is at work under it');
      else if (remaining <= 0) tell('no-renewal-after-deadline', 'after its validity deadline');
    }
  }
  return violations;
}
