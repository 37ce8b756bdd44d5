import type { Random } from '@leased-jobs/core';

/**
 * Chance that can be replayed: the same seed gives the same numbers. For tests only, for anybody can guess its UUIDs.
 *
 * The generator is Tommy Ettinger's mulberry32.
 */
export class SeededRandom implements Random {
  #state: number;

  constructor(readonly seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    return this.#word() / 2 ** 32;
  }

  /** A UUID of version 4. */
  uuid(): string {
    const hex = Array.from({ length: 4 }, () => this.#word().toString(16).padStart(8, '0')).join('');
    const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) % 4];
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
  }

  /** The items in a random order, each order as likely as any other. */
  shuffle<T>(items: readonly T[]): readonly T[] {
    return items
      .map((item) => ({ item, rank: this.next() }))
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ item }) => item);
  }

  #word(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let word = this.#state;
    word = Math.imul(word ^ (word >>> 15), word | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return (word ^ (word >>> 14)) >>> 0;
  }
}
