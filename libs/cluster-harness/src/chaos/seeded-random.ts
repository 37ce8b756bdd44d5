/** Numbers that a seed names: the same seed gives the same numbers, on every machine. */
export class SeededRandom {
  #state: number;

  /** The seed is any text. */
  constructor(seed: string) {
    // FNV-1a.
    let hash = 2_166_136_261;
    for (const byte of Buffer.from(seed)) hash = Math.imul(hash ^ byte, 16_777_619);
    this.#state = hash;
  }

  /** From 0 on, below 1. */
  next(): number {
    // Mulberry32.
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number, both ends included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  pick<const T>(choices: readonly [T, ...T[]]): T {
    return choices[this.between(0, choices.length - 1)] ?? choices[0];
  }
}
