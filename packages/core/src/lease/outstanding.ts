import type { Lease } from './lease.js';

/** Leases that are neither lost nor given back. A lease leaves by itself, and only after the store has answered its release. */
export class Outstanding {
  readonly #ends = new Place(null);
  /** What is waited for by those who wait until none is left. */
  #none: Promise<void> | undefined;
  #onNone: (() => void) | undefined;

  get locks(): readonly string[] {
    const locks: string[] = [];
    for (let place = this.#ends.next; place.lease; place = place.next) locks.push(place.lease.lock);
    return locks;
  }

  add(lease: Lease): Place {
    return new Place(lease, this.#ends);
  }

  /** Doing it twice is harmless. */
  remove(place: Place): void {
    place.leave();
    if (this.#isEmpty) this.#onNone?.();
  }

  /** Resolves when none is left. One may be given while it is waited for another. */
  async ended(): Promise<void> {
    while (!this.#isEmpty) {
      await (this.#none ??= new Promise((resolve) => (this.#onNone = resolve)));
      this.#none = undefined;
    }
  }

  get #isEmpty(): boolean {
    return this.#ends.next === this.#ends;
  }
}

/** One of a ring: a set costs a sixth of what a grant and its release do, with 64 of them at once. */
export class Place {
  previous: Place = this;
  next: Place = this;

  constructor(
    readonly lease: Lease | null,
    before?: Place,
  ) {
    if (!before) return;
    this.previous = before.previous;
    this.next = before;
    before.previous.next = this;
    before.previous = this;
  }

  leave(): void {
    this.previous.next = this.next;
    this.next.previous = this.previous;
    this.previous = this;
    this.next = this;
  }
}
