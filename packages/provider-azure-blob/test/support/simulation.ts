import type { Random } from '@leased-jobs/core';

/** Virtual time: sleepers wake up in order, each when all that the one before has set off has come to rest. */
export class Simulation {
  now = 1_700_000_000_000;
  readonly random: Random;
  readonly #sleepers: { readonly at: number; readonly wake: () => void }[] = [];

  constructor(random: Random) {
    this.random = random;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => {
      const at = this.now + ms;
      const place = this.#sleepers.findIndex((other) => other.at > at);
      this.#sleepers.splice(place < 0 ? this.#sleepers.length : place, 0, { at, wake });
    });
  }

  /** Until nobody sleeps any more. */
  async run(): Promise<void> {
    await atRest();
    for (let next = this.#sleepers.shift(); next; next = this.#sleepers.shift()) {
      this.now = next.at;
      next.wake();
      await atRest();
    }
  }
}

function atRest(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
