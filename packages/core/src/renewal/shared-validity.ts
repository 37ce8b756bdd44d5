/**
 * What a renewing thread tells of one lease, in memory that the holder's thread reads even while its event loop is
 * blocked.
 *
 * The readings may be of two different renewals if one is read in the middle of a write: then the older of them makes a
 * `Stopwatch` count more, so the lease is trusted for a shorter time, never a longer one.
 */
export class SharedValidity {
  readonly #cells: BigInt64Array;

  /** Of the memory that another thread has made, or of new memory. */
  constructor(readonly memory = new SharedArrayBuffer(3 * BigInt64Array.BYTES_PER_ELEMENT)) {
    this.#cells = new BigInt64Array(memory);
  }

  /** Readings of a clock that both threads share, in milliseconds. Rounded down, to be early rather than late. */
  set({ monotonic, wall }: { readonly monotonic: number; readonly wall: number }): void {
    Atomics.store(this.#cells, MONOTONIC, microseconds(monotonic));
    Atomics.store(this.#cells, WALL, microseconds(wall));
  }

  get monotonic(): number {
    return Number(Atomics.load(this.#cells, MONOTONIC)) / 1_000;
  }

  get wall(): number {
    return Number(Atomics.load(this.#cells, WALL)) / 1_000;
  }

  /** The store has said that the lease is gone. */
  setTaken(): void {
    Atomics.store(this.#cells, TAKEN, 1n);
  }

  get isTaken(): boolean {
    return Atomics.load(this.#cells, TAKEN) === 1n;
  }
}

function microseconds(ms: number): bigint {
  return BigInt(Math.floor(ms * 1_000));
}

const MONOTONIC = 0;
const WALL = 1;
const TAKEN = 2;
