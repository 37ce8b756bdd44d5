/** What is remembered of the locks that were used last. Forgetting is always safe: it costs a request. */
export class RecentLocks<T> {
  readonly #entries = new Map<string, T>();
  readonly #limit: number;

  constructor(limit = 4_096) {
    this.#limit = limit;
  }

  get(lock: string): T | undefined {
    return this.#entries.get(lock);
  }

  set(lock: string, entry: T): void {
    this.#entries.delete(lock);
    this.#entries.set(lock, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#limit) break;
      this.#entries.delete(oldest);
    }
  }

  delete(lock: string): void {
    this.#entries.delete(lock);
  }
}
