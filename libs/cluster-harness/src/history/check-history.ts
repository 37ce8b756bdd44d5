import type { Entry } from '../journal/entry.js';
import { checkGaps, type GapRule } from './check-gaps.js';
import { checkOverlaps, checkSuccesses } from './check-overlaps.js';
import { causedBy, type Forgetting } from './forgettings.js';
import { checkSlots } from './check-slots.js';
import { checkSteps, checkTokens } from './check-tokens.js';
import { Fates } from './fates.js';
import { runsOf } from './runs.js';
import type { Violation } from './violation.js';

export interface HistoryRules {
  /**
   * How long a live instance may take to notice a loss when it is thawed, and to give a lease back when its run has
   * ended; also how late the cluster may hear of an exit. A longer one excuses more. Milliseconds; 1,000 by default.
   */
  readonly settleTime?: number;
  /** None by default. Without one, a history in which nothing ran breaks no rule. */
  readonly gaps?: readonly GapRule[];
  /** When the store lost its state. Never, by default. */
  readonly forgettings?: readonly Forgetting[];
}

/**
 * Judges what the instances of a cluster did, from what they wrote down and what was done to them.
 *
 * Each rule reports only what certainly broke it: where a death or a freeze leaves room for an innocent reading, that
 * reading is taken. The rules stand beside the functions that check them; {@link ViolationKind} lists them.
 *
 * A store that fails is no excuse; one that forgets is, for what {@link Forgetting} says.
 */
export function checkHistory(entries: readonly Entry[], rules: HistoryRules = {}): Violation[] {
  const { settleTime = 1_000, gaps = [], forgettings = [] } = rules;
  const ordered = entries.toSorted((a, b) => a.at - b.at);
  const runs = runsOf(ordered);
  const fates = new Fates(ordered, settleTime);
  const isCaused = causedBy(forgettings, settleTime);
  const violations = [
    ...checkSteps(ordered, runs),
    ...checkTokens(runs, fates),
    ...checkOverlaps(runs, fates),
    ...checkSuccesses(runs, fates),
    ...checkSlots(runs, fates),
    ...gaps.flatMap((rule) => checkGaps(runs, rule)),
  ];
  return violations.filter((violation) => !isCaused(violation));
}
