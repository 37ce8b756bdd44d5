import { StoreError, untilAborted } from '@leased-jobs/core';
import type { Disturbance, Fault } from '../contract/contract-harness.js';

/**
 * What lies between instances and their store, in a test: it can fall silent, refuse a request, or lose an answer.
 * A {@link WiredProvider} sends every request over one.
 */
export class Wire {
  /** What arrives at the store when it thaws; `null` while it is not frozen. */
  #frozen: (() => void)[] | null = null;
  readonly #disturbances = new Set<ArmedFault>();

  /** From now on nothing is answered. Returns how to thaw: what was sent meanwhile is then carried out. */
  freeze(): () => Promise<void> {
    this.#frozen ??= [];
    return async () => {
      const waiting = this.#frozen ?? [];
      this.#frozen = null;
      for (const arrive of waiting) arrive();
    };
  }

  /** Lets the `nth` request from now on go wrong. */
  disturb(fault: Fault, nth = 1): Disturbance {
    const armed: ArmedFault = { fault, left: nth };
    this.#disturbances.add(armed);
    return {
      get struck() {
        return armed.left === 0;
      },
      end: async () => {
        this.#disturbances.delete(armed);
      },
    };
  }

  /** Has the store carry out one request, and brings its answer back unless the signal aborts first. */
  async send<T>(request: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const fault = this.#faultOfNext();
    if (fault === 'refused') throw new StoreError('The store refuses connections.', NOT_APPLIED);
    const answer = new Promise<T>((resolve, reject) => {
      const arrive = () => void request().then(resolve, reject);
      if (this.#frozen) this.#frozen.push(arrive);
      else arrive();
    });
    const received = await untilAborted(signal, () => answer);
    if (fault === 'answer-lost') throw new StoreError('The connection broke.', { kind: 'transient' });
    return received;
  }

  #faultOfNext(): Fault | null {
    for (const armed of this.#disturbances) {
      armed.left--;
      if (armed.left > 0) continue;
      this.#disturbances.delete(armed);
      return armed.fault;
    }
    return null;
  }
}

interface ArmedFault {
  readonly fault: Fault;
  /** Requests until it strikes. */
  left: number;
}

const NOT_APPLIED = { kind: 'transient', applied: 'no' } as const;
