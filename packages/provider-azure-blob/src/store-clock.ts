import type { Clock } from '@leased-jobs/core';

/**
 * The clock of the store, as its answers tell it: each carries a date, in whole seconds, that was true at some moment
 * between the sending of the question and the arrival of the answer. Every answer narrows down by how much the store is
 * ahead of this machine's monotonic clock; half a second is the worst that remains after the first, and more answers
 * make it better.
 */
export class StoreClock {
  readonly #clock: Clock;
  /** The least and the most, in milliseconds, by which the store is ahead. */
  #least = Number.NEGATIVE_INFINITY;
  #most = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A reading of the local clock, for {@link learn}. */
  local(): number {
    return this.#clock.monotonic();
  }

  /** @param sentAt was read before the question left. */
  learn(date: Date | undefined, sentAt: number): void {
    const told = date?.getTime();
    if (told === undefined || Number.isNaN(told)) return;
    const least = told - this.local();
    const most = told + DATE_STEP - sentAt;
    this.#least = Math.max(this.#least, least);
    this.#most = Math.min(this.#most, most);
    if (this.#least <= this.#most) return;
    // One of the two clocks was stepped, or has drifted: only the newest answer still counts.
    this.#least = least;
    this.#most = most;
  }

  /** Epoch milliseconds at the store. Before its first answer, those of this machine. */
  now(): number {
    if (this.#least === Number.NEGATIVE_INFINITY) return this.#clock.wall();
    return this.local() + (this.#least + this.#most) / 2;
  }
}

/** Milliseconds. */
const DATE_STEP = 1_000;
