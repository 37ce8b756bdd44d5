import type { Clock } from '../time/clock.js';
import { Waiters } from '../time/waiters.js';

/**
 * Those of this instance who wait for a lock, in the order in which they came. Only the first of them asks the store, and
 * the next as soon as that one is through: on a store that tells nobody of releases they would wait for a ttl each otherwise.
 */
export class Turns {
  /** The first of each line has its turn. */
  readonly #lines = new Map<string, Waiters[]>();

  /** Resolves with the function that ends the turn; `null` if it has not come within `limit` ms, or before `signal` aborts. */
  async take(
    lock: string,
    { clock, limit, signal }: { readonly clock: Clock; readonly limit: number; readonly signal: AbortSignal },
  ): Promise<(() => void) | null> {
    let line = this.#lines.get(lock);
    if (!line) this.#lines.set(lock, (line = []));
    const self = new Waiters();
    line.push(self);
    if (line[0] !== self) await self.wait(clock, limit, signal);
    const leave = (): void => this.#leave(lock, self);
    if (line[0] === self) return leave;
    leave();
    return null;
  }

  #leave(lock: string, self: Waiters): void {
    const line = this.#lines.get(lock) ?? [];
    const wasFirst = line[0] === self;
    line.splice(line.indexOf(self), 1);
    if (line.length === 0) this.#lines.delete(lock);
    else if (wasFirst) line[0]?.wake();
  }
}
