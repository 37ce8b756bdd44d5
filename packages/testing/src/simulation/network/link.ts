import { StoreError, untilAborted } from '@leased-jobs/core';
import type { VirtualStore } from '../store/virtual-store.js';
import type { Agenda } from '../time/agenda.js';
import type { VirtualProcess } from '../time/virtual-process.js';
import type { FateOf, MessageFate, MessageFault } from './message-fate.js';

export interface LinkOptions {
  readonly agenda: Agenda;
  readonly process: VirtualProcess;
  readonly store: VirtualStore;
  readonly fateOf: FateOf;
  /** Told of each message that a fault has struck. `call` tells what was asked. */
  readonly onFault?: (fault: MessageFault, call: string) => void;
}

/**
 * The way from one process to the store and back. Requests and answers may be late, overtake each other, get lost or
 * arrive twice, and the way may be cut. What has left arrives even if the process that sent it has died since.
 */
export class Link {
  readonly #options: LinkOptions;
  #sent = 0;
  #cut = false;
  #waiting = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** How many calls have not settled. */
  get waiting(): number {
    return this.#waiting;
  }

  /** From now on nothing comes through. */
  cut(): void {
    this.#cut = true;
  }

  mend(): void {
    this.#cut = false;
  }

  async call<T>(call: string, request: () => T, signal: AbortSignal): Promise<T> {
    const fate = this.#options.fateOf(this.#sent++);
    if (fate.fault) this.#options.onFault?.(fate.fault, call);
    this.#waiting++;
    try {
      const work = (): Promise<T> => this.#send(request, fate);
      return await (fate.settleDelay === 0
        ? untilAborted(signal, work)
        : this.#untilLongAborted(signal, work, fate.settleDelay));
    } finally {
      this.#waiting--;
    }
  }

  /** Brings news that nobody has asked for, unless it gets lost. */
  tell(news: () => void): void {
    const { process, fateOf } = this.#options;
    const { answerDelay, fault } = fateOf(this.#sent++);
    if (this.#cut || fault === 'answer-lost' || fault === 'refused') return;
    process.plan(answerDelay, news);
  }

  #send<T>(request: () => T, fate: MessageFate): Promise<T> {
    const { agenda, process } = this.#options;
    const { fault, requestDelay, answerDelay, copyDelay } = fate;
    return new Promise((resolve, reject) => {
      if (fault === 'refused') {
        process.plan(requestDelay, () =>
          reject(new StoreError('The store refuses connections.', NOT_APPLIED)),
        );
        return;
      }
      const arrive = (): void => {
        if (this.#cut || !this.#options.store.up) return;
        let answer: () => void;
        try {
          const value = request();
          answer = () => resolve(value);
        } catch (thrown) {
          answer = () => reject(thrown);
        }
        if (fault !== 'answer-lost') process.plan(answerDelay, () => this.#cut || answer());
      };
      if (fault !== 'request-lost') agenda.plan(requestDelay, arrive);
      if (fault === 'duplicated') agenda.plan(copyDelay, arrive);
    });
  }

  /** A client that takes its time to see that its signal has aborted, and may have got its answer by then. */
  #untilLongAborted<T>(signal: AbortSignal, work: () => Promise<T>, delay: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const settled = (): void => signal.removeEventListener('abort', onAbort);
      const onAbort = (): void => {
        this.#options.process.plan(delay, () => reject(signal.reason));
      };
      signal.addEventListener('abort', onAbort);
      work().then(resolve, reject).finally(settled);
    });
  }
}

const NOT_APPLIED = { kind: 'transient', applied: 'no' } as const;
