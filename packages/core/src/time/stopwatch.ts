import type { Clock } from './clock.js';

/**
 * Counts from the moment of its making, or from an earlier reading of its clock.
 *
 * A wall clock that has jumped ahead of the monotonic one may mean that this virtual machine was paused and that
 * its monotonic clock did not notice. The larger of the two readings is the one that keeps a promise, so a step
 * of the wall clock can end the trust in a lease early, and never prolong it.
 */
export class Stopwatch {
  readonly #clock: Clock;
  /** The clock's readings from which it counts, in milliseconds. */
  readonly monotonic: number;
  readonly wall: number;

  constructor(clock: Clock, monotonic = clock.monotonic(), wall = clock.wall()) {
    this.#clock = clock;
    this.monotonic = monotonic;
    this.wall = wall;
  }

  /** Milliseconds since then, never fewer than have passed. */
  elapsed(): number {
    return Math.max(this.#clock.monotonic() - this.monotonic, this.#clock.wall() - this.wall);
  }
}
