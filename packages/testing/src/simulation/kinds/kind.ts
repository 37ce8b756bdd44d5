import type { HistoryEntry, Violation } from '../history.js';
import type { Scenario } from '../scenario.js';

/** One kind of scenario: what its instances do, and what must hold of that besides what holds of any. */
export interface Kind {
  /** Draws a world: the same one for the same seed. */
  readonly draw: (seed: number) => Scenario;
  readonly invariants: readonly Invariant[];
}

/** Finds what must not happen. */
export type Invariant = (history: readonly HistoryEntry[], scenario: Scenario) => readonly Violation[];
