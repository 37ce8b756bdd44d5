import type { Clock, Timer } from '../time/clock.js';

/** Tells another thread that the event loop of this one turns: a reading of their clock, in memory that both share. */
export class Heartbeat {
  readonly memory = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
  readonly #cell = new BigInt64Array(this.memory);
  readonly #clock: Clock;
  readonly #every: number;
  #timer: Timer | undefined;

  /** `every` is in milliseconds. It beats from now on, and keeps no process alive. */
  constructor(clock: Clock, every: number) {
    this.#clock = clock;
    this.#every = every;
    this.beat();
  }

  beat(): void {
    Atomics.store(this.#cell, 0, BigInt(Math.floor(this.#clock.monotonic())));
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(this.#every, () => this.beat(), false);
  }

  stop(): void {
    this.#timer?.cancel();
  }
}

/** Milliseconds since the last beat. */
export function sinceBeat(memory: SharedArrayBuffer, clock: Clock): number {
  return clock.monotonic() - Number(Atomics.load(new BigInt64Array(memory), 0));
}
