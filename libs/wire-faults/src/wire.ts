import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** So many bytes every so many milliseconds. */
export interface Pace {
  readonly bytes: number;
  readonly every: number;
}

/** The waits of one connection. They end with it, and never reject. */
export class Wire {
  readonly #ended = new AbortController();
  readonly #passable: () => Promise<void> | null;
  readonly #whenEnded: Promise<void>;

  constructor(passable: () => Promise<void> | null) {
    this.#passable = passable;
    const { signal } = this.#ended;
    setMaxListeners(0, signal);
    this.#whenEnded = new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  get hasEnded(): boolean {
    return this.#ended.signal.aborted;
  }

  end(): void {
    this.#ended.abort();
  }

  onEnd(listener: () => void): void {
    this.#ended.signal.addEventListener('abort', listener, { once: true });
  }

  /** Waits for `ms`, and then for as long as nothing passes. */
  async pause(ms: number): Promise<void> {
    // It rejects only because the wire has ended.
    if (ms > 0) await sleep(ms, undefined, { signal: this.#ended.signal }).catch(() => {});
    for (;;) {
      const silence = this.#passable();
      if (!silence || this.hasEnded) return;
      await Promise.race([silence, this.#whenEnded]);
    }
  }

  async pass(to: Socket, bytes: Buffer, pace: Pace = { bytes: bytes.length, every: 0 }): Promise<void> {
    for (let at = 0; at < bytes.length; at += pace.bytes) {
      await this.pause(at === 0 ? 0 : pace.every);
      if (this.hasEnded || to.destroyed) return;
      to.write(bytes.subarray(at, at + pace.bytes));
    }
  }
}
