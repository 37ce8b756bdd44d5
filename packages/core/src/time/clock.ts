/**
 * Time, injected. Nothing in this library reads a clock or sets a timer except through this interface, so that a
 * test can run a night in a millisecond and replay it.
 */
export interface Clock {
  /**
   * Milliseconds since the epoch. It labels slots and reports, and may be stepped by anybody at any time. It may only
   * ever *shorten* how long a lease is trusted.
   */
  wall(): number;

  /** Milliseconds since some fixed moment. Never goes back, and goes on while the machine is suspended. */
  monotonic(): number;

  /**
   * Calls `callback` once, `delay` milliseconds from now (at most {@link MAX_DELAY}), unless the timer is cancelled.
   * A timer keeps the process alive only if `keepAlive` is true.
   */
  setTimer(delay: number, callback: () => void, keepAlive: boolean): Timer;
}

/** A timer that is set. Whoever sets it owns it, and cancels it. Cancelling twice is harmless. */
export interface Timer {
  cancel(): void;
}

/** The longest delay of one timer, in milliseconds. Node fires a longer one at once, every millisecond. */
export const MAX_DELAY = 2 ** 31 - 1;
