import type { Holders } from './holders.js';
import type { NewEntry } from './history.js';

/** What sees all that happens in a simulated world. */
export interface Witness {
  readonly record: (entry: NewEntry) => void;
  readonly holders: Holders;
  /** Looks again at a moment of the world's time. */
  readonly at: (moment: number, look: () => void) => void;
}
