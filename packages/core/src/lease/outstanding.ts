import type { Lease } from './lease.js';

/** Leases that are neither lost nor given back. A lease leaves by itself, and only after the store has answered its release. */
export class Outstanding {
  readonly #leases = new Set<Lease>();
  /** What is waited for by those who wait until none is left. */
  #none: Promise<void> | undefined;
  #onNone: (() => void) | undefined;

  get locks(): readonly string[] {
    return Array.from(this.#leases, ({ lock }) => lock);
  }

  add(lease: Lease): void {
    this.#leases.add(lease);
  }

  remove(lease: Lease): void {
    if (this.#leases.delete(lease) && this.#leases.size === 0) this.#onNone?.();
  }

  /** Resolves when none is left. One may be given while it is waited for another. */
  async ended(): Promise<void> {
    while (this.#leases.size > 0) {
      await (this.#none ??= new Promise((resolve) => (this.#onNone = resolve)));
      this.#none = undefined;
    }
  }
}
