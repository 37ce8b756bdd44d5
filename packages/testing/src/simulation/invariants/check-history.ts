import type { HistoryEntry, Violation } from '../history.js';
import type { Invariant } from '../kinds/kind.js';
import type { Scenario } from '../scenario.js';
import { checkOverlaps } from './overlaps.js';
import { checkFences, checkTokens } from './tokens.js';
import { checkReports } from './reports.js';
import { checkSlots } from './slots.js';
import { checkRenewals } from './renewals.js';
import { checkHandles, checkStops } from './stops.js';
import { checkStateLoss } from './state-loss.js';

/** All that must hold, whatever goes wrong: of any kind of scenario, and of this one by `invariants`. */
export function checkHistory(
  history: readonly HistoryEntry[],
  scenario: Scenario,
  { invariants, drainTimeout }: { readonly invariants: readonly Invariant[]; readonly drainTimeout: number },
): Violation[] {
  return [
    ...checkOverlaps(history),
    ...checkTokens(history),
    ...checkFences(history),
    ...checkSlots(history, scenario),
    ...checkReports(history, scenario),
    ...checkRenewals(history),
    ...checkStops(history, scenario, drainTimeout),
    ...checkHandles(history),
    ...checkStateLoss(history, scenario),
    ...invariants.flatMap((check) => check(history, scenario)),
  ].toSorted((a, b) => a.at - b.at);
}
