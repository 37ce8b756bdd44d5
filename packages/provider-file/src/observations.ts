/**
 * When this process first saw what a stranger's clock has written. Readings of two clocks cannot be compared, but a
 * duration can be waited for: what was written to last `d`, and has not changed for `d` since we first saw it, is over.
 */
export class Observations {
  readonly #first = new Map<string, { readonly sight: string; readonly at: number }>();
  readonly #limit: number;

  constructor(limit = 65_536) {
    this.#limit = limit;
  }

  /** The time of the first of the uninterrupted sights of this at a lock; now, if it is new. */
  firstSeen(lock: string, sight: string, now: number): number {
    const seen = this.#first.get(lock);
    if (seen?.sight === sight) return seen.at;
    this.#first.delete(lock);
    this.#first.set(lock, { sight, at: now });
    // Forgetting is safe: the wait begins anew.
    for (const oldest of this.#first.keys()) {
      if (this.#first.size <= this.#limit) break;
      this.#first.delete(oldest);
    }
    return now;
  }

  forget(lock: string): void {
    this.#first.delete(lock);
  }
}
