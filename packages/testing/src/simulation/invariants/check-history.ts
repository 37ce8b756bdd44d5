import type { HistoryEntry, Violation } from '../history.js';
import type { Scenario } from '../scenario.js';
import { checkOverlaps } from './overlaps.js';
import { checkFences, checkTokens } from './tokens.js';
import { checkReports } from './reports.js';
import { checkSlots } from './slots.js';
import { checkRenewals } from './renewals.js';
import { checkHandles, checkStops } from './stops.js';
import { checkLiveness } from './liveness.js';
import { checkStateLoss } from './state-loss.js';

/** All that must hold, whatever goes wrong. */
export function checkHistory(
  history: readonly HistoryEntry[],
  scenario: Scenario,
  drainTimeout: number,
): Violation[] {
  return [
    ...checkOverlaps(history),
    ...checkTokens(history),
    ...checkFences(history),
    ...checkSlots(history, scenario),
    ...checkReports(history),
    ...checkRenewals(history),
    ...checkStops(history, scenario, drainTimeout),
    ...checkHandles(history),
    ...checkStateLoss(history, scenario),
    ...checkLiveness(history, scenario),
  ].toSorted((a, b) => a.at - b.at);
}
