/** Somebody at work under a lease. */
export interface Holder {
  readonly instance: string;
  readonly lock: string;
  readonly held: { readonly fencingToken: number; readonly remaining: number };
}

/** All who are at work under leases, so that they can be asked at any moment whether they still trust them. */
export class Holders {
  readonly #all = new Set<Holder>();

  /** Returns the function that ends it. */
  add(holder: Holder): () => void {
    this.#all.add(holder);
    return () => {
      this.#all.delete(holder);
    };
  }

  /** Who trusts a lease on this lock. */
  trusting(lock: string): readonly Holder[] {
    return [...this.#all].filter(({ lock: own, held }) => own === lock && held.remaining > 0);
  }

  /** For how many milliseconds the lease is trusted; `null` if nobody is at work under it. */
  remaining(instance: string, lock: string, token: number): number | null {
    for (const holder of this.#all) {
      const { held } = holder;
      if (holder.instance === instance && holder.lock === lock && held.fencingToken === token) {
        return held.remaining;
      }
    }
    return null;
  }
}
