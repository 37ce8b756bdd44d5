import type { Clock } from './clock.js';
import { sleep } from './sleep.js';

/** Those who wait for something to happen, each for a limited time. */
export class Waiters {
  readonly #waiting = new Set<() => void>();

  /** Ends the waits of all who wait now. */
  wake(): void {
    for (const end of this.#waiting) end();
  }

  /** Resolves when it is woken, after `limit` milliseconds, or when `signal` aborts. */
  async wait(clock: Clock, limit: number, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return;
    const over = new AbortController();
    const end = (): void => over.abort(WAIT_OVER);
    this.#waiting.add(end);
    signal?.addEventListener('abort', end);
    await sleep(clock, limit, over.signal, true);
    signal?.removeEventListener('abort', end);
    this.#waiting.delete(end);
  }
}

/** A reason that nobody sees, and that costs no stack. */
const WAIT_OVER = 'the wait is over';
