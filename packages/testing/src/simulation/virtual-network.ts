import { type Random, StoreError } from '@leased-jobs/core';
import type { VirtualClock } from './virtual-clock.js';
import type { VirtualTime } from './virtual-time.js';

/** How the way to the store and back is. Shares are of 1; what is left out does not happen. */
export interface NetworkConditions {
  /** Each way takes between these, in milliseconds, each message its own: so they overtake each other. Default: 1 to 5. */
  readonly delay?: readonly [shortest: number, longest: number];
  /** The same for the way back. Default: as `delay`. */
  readonly answerDelay?: readonly [shortest: number, longest: number];
  readonly requestsLost?: number;
  readonly answersLost?: number;
  /** Requests that arrive twice. */
  readonly duplicated?: number;
  /** Requests of which the asker is told that they did not arrive. */
  readonly refused?: number;
}

export type NetworkFault = 'request lost' | 'answer lost' | 'duplicated' | 'refused';

export interface Message<T> {
  readonly from: string;
  readonly clock: VirtualClock;
  readonly request: () => Promise<T>;
  readonly resolve: (answer: T) => void;
  readonly reject: (thrown: Error) => void;
}

/** What lies between the instances and the store. */
export class VirtualNetwork {
  readonly #time: VirtualTime;
  readonly #random: Pick<Random, 'next'>;
  readonly #conditions = new Map<string, NetworkConditions>();
  readonly #onFault: (fault: NetworkFault, instance: string) => void;
  /** Nothing arrives at a store that is down. */
  storeIsUp = true;

  constructor(
    time: VirtualTime,
    random: Pick<Random, 'next'>,
    onFault: (fault: NetworkFault, instance: string) => void,
  ) {
    this.#time = time;
    this.#random = random;
    this.#onFault = onFault;
  }

  setConditions(instance: string, conditions: NetworkConditions): void {
    this.#conditions.set(instance, conditions);
  }

  carry<T>(message: Message<T>): void {
    const { from, clock, reject } = message;
    const conditions = this.#conditions.get(from) ?? {};
    if (this.#strikes('refused', conditions.refused, from)) {
      this.#after(conditions, () =>
        clock.deliver(() => reject(new StoreError('The store refuses connections.', NOT_APPLIED))),
      );
      return;
    }
    if (this.#strikes('duplicated', conditions.duplicated, from)) {
      this.#after(conditions, () => {
        if (this.storeIsUp) message.request().catch(ignore); // Nobody waits for this answer.
      });
    }
    if (this.#strikes('request lost', conditions.requestsLost, from)) return;
    this.#after(conditions, () => this.#arrive(message));
  }

  /** Carries what the store tells by itself. It may be lost like an answer. */
  tell(to: string, clock: VirtualClock, news: () => void): void {
    const conditions = this.#conditions.get(to) ?? {};
    if (this.#strikes('answer lost', conditions.answersLost, to)) return;
    const { answerDelay: delay = conditions.delay } = conditions;
    this.#after({ ...(delay && { delay }) }, () => clock.deliver(news));
  }

  #arrive<T>({ from, clock, request, resolve, reject }: Message<T>): void {
    if (!this.storeIsUp) return;
    request().then(
      (answer) => this.tell(from, clock, () => resolve(answer)),
      (thrown: Error) => this.tell(from, clock, () => reject(thrown)),
    );
  }

  #after({ delay: [shortest, longest] = NORMAL }: NetworkConditions, callback: () => void): void {
    const delay = shortest + (longest - shortest) * this.#random.next();
    this.#time.at(this.#time.now + delay, callback);
  }

  #strikes(fault: NetworkFault, share: number | undefined, instance: string): boolean {
    if (!share || this.#random.next() >= share) return false;
    this.#onFault(fault, instance);
    return true;
  }
}

function ignore(): void {}

const NORMAL = [1, 5] as const;
const NOT_APPLIED = { kind: 'transient', applied: 'no' } as const;
