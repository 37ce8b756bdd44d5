import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, MAX_DELAY, type Timer } from '@leased-jobs/core';

/** A timer that is set on a {@link ManualClock} and has not fired. */
export interface PendingTimer {
  /** When it is to fire, by the clock's monotonic time. */
  readonly due: number;
  /** Whether it would keep a process alive. */
  readonly keepAlive: boolean;
}

interface ManualTimer extends PendingTimer {
  readonly callback: () => void;
}

/**
 * A clock that stands still until it is told to go on, so that a test can run a night in a millisecond.
 *
 * @example
 * ```ts
 * const clock = new ManualClock();
 * const store = new MemoryStore(clock);
 * await clock.advance(15_000); // every timer due by then has fired, and what it began has gone on
 * ```
 */
export class ManualClock implements Clock {
  /** In the order in which they were set. */
  readonly #timers = new Set<ManualTimer>();
  #monotonic = 0;
  #wallAhead: number;

  /** @param wall the epoch milliseconds at which it stands first; by default the beginning of 2030, UTC. */
  constructor(wall = Date.UTC(2030, 0, 1)) {
    this.#wallAhead = wall;
  }

  wall(): number {
    return this.#wallAhead + this.#monotonic;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  setTimer(delay: number, callback: () => void, keepAlive: boolean): Timer {
    if (!(delay <= MAX_DELAY)) {
      throw new RangeError(`A timer of ${delay} ms cannot be set. Ask for ${MAX_DELAY} ms at most.`);
    }
    const timer = { due: this.#monotonic + Math.max(delay, 0), callback, keepAlive };
    this.#timers.add(timer);
    return {
      cancel: () => {
        this.#timers.delete(timer);
      },
    };
  }

  /** The timers that are set, soonest first. One that is never cancelled is a leak. */
  get pending(): readonly PendingTimer[] {
    return this.#inOrder().map(({ due, keepAlive }) => ({ due, keepAlive }));
  }

  /**
   * Lets `ms` milliseconds pass. Timers fire at their times, in order, and before time goes on, what they began goes
   * on until it waits for a timer, for I/O, or for a promise that nobody settles. Rejects with what a timer throws.
   */
  async advance(ms: number): Promise<void> {
    const until = this.#monotonic + checked(ms);
    await settled();
    for (let next = this.#dueBy(until)[0]; next; next = this.#dueBy(until)[0]) {
      this.#monotonic = Math.max(this.#monotonic, next.due);
      this.#fire(next);
      await settled();
    }
    this.#monotonic = Math.max(this.#monotonic, until);
  }

  /**
   * Lets `ms` milliseconds pass as for a process that was suspended meanwhile: nothing fires in time. What is overdue
   * afterwards fires late, in an order that `reorder` chooses, for a process that wakes up promises none.
   */
  async freeze(ms: number, reorder: (overdue: readonly PendingTimer[]) => readonly PendingTimer[] = asIs) {
    this.#monotonic += checked(ms);
    for (const timer of reorder(this.#dueBy(this.#monotonic)) as readonly ManualTimer[]) {
      if (this.#timers.has(timer)) this.#fire(timer);
      await settled();
    }
    await this.advance(0);
  }

  /** Sets the wall clock forward, or back if `ms` is negative. No timer and no monotonic time is moved. */
  stepWall(ms: number): void {
    this.#wallAhead += ms;
  }

  #fire(timer: ManualTimer): void {
    this.#timers.delete(timer);
    timer.callback();
  }

  #dueBy(moment: number): readonly ManualTimer[] {
    return this.#inOrder().filter(({ due }) => due <= moment);
  }

  #inOrder(): readonly ManualTimer[] {
    return [...this.#timers].toSorted((a, b) => a.due - b.due);
  }
}

function asIs(overdue: readonly PendingTimer[]): readonly PendingTimer[] {
  return overdue;
}

function checked(ms: number): number {
  if (ms >= 0 && Number.isFinite(ms)) return ms;
  throw new RangeError(`Time cannot pass by ${ms} ms. Give a duration of 0 or more; \`stepWall\` goes back.`);
}

/** A turn of the event loop runs all promise chains to their ends; a few turns see to those that wait for turns. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await nextTurn();
}
