import { setTimeout as sleep } from 'node:timers/promises';
import { Instance } from './instance.js';
import type { WireStore } from './wire-store.js';

/**
 * Attempts that nothing disturbs, one after another on a lock and a connection of their own, for as long as something is
 * measured. They tell how slow this machine and the store are by themselves.
 */
export class ControlAttempts implements AsyncDisposable {
  readonly #instance: Instance;
  readonly #lock: string;
  readonly #ended: Promise<void>;
  #stopped = false;
  #slowest = 0;

  constructor(store: WireStore, lock: string) {
    this.#instance = new Instance(store, 'control');
    this.#lock = `${lock}-control`;
    this.#ended = this.#repeat();
  }

  /** What the slowest attempt and its release took, in milliseconds. */
  async stop(): Promise<number> {
    this.#stopped = true;
    await this.#ended;
    return this.#slowest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#instance[Symbol.asyncDispose]();
  }

  async #repeat(): Promise<void> {
    while (!this.#stopped) {
      const begun = performance.now();
      // A store too slow to be asked at all shows by the time that it took.
      const lease = await this.#instance.leases.tryAcquire(this.#lock).catch(() => null);
      await lease?.release();
      this.#slowest = Math.max(this.#slowest, performance.now() - begun);
      await sleep(100);
    }
  }
}

/** A bound in milliseconds, for a machine as slow as its control attempts show: an attempt may have to be made thrice. */
export function bound(ms: number, slowest: number): number {
  return ms + 3 * slowest;
}
