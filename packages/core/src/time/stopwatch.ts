import type { Clock } from './clock.js';

/**
 * Counts from the moment of its making.
 *
 * A wall clock that has jumped ahead of the monotonic one may mean that this virtual machine was paused and that
 * its monotonic clock did not notice. The larger of the two readings is the one that keeps a promise, so a step
 * of the wall clock can end the trust in a lease early, and never prolong it.
 */
export class Stopwatch {
  readonly #clock: Clock;
  readonly #monotonic: number;
  readonly #wall: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#monotonic = clock.monotonic();
    this.#wall = clock.wall();
  }

  /** Milliseconds since this stopwatch was made, never fewer than have passed. */
  elapsed(): number {
    return Math.max(this.#clock.monotonic() - this.#monotonic, this.#clock.wall() - this.#wall);
  }
}
