import { StoreError } from '../errors.js';
import type { Clock } from '../time/clock.js';
import { Stopwatch } from '../time/stopwatch.js';
import { onAbort } from './abort-hooks.js';
import type { LeaseGrant, LeaseProvider } from './lease-provider.js';
import { callStore } from './store-call.js';

export interface Renewal {
  /** For the message. */
  readonly lock: string;
  readonly grant: LeaseGrant;
  /** Milliseconds, both. */
  readonly ttl: number;
  readonly timeout: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/** Sends renewals to a store: one by one, or many in one call where the store offers that. */
export interface Renewals {
  /** Resolves as `LeaseProvider.renew`, and rejects as any call to the store. */
  renew(renewal: Renewal): Promise<boolean>;
  /** When a renewal that should leave after `delay` milliseconds best leaves: never later. */
  delayOf(delay: number, ttl: number): number;
}

export function renewalsOf(provider: LeaseProvider, clock: Clock): Renewals {
  if (provider.renewMany) return new BatchedRenewals(provider as BatchingProvider, clock);
  return {
    renew: ({ lock, grant, ttl, timeout, signal }) =>
      callStore(clock, {
        operation: `renew the lease on "${lock}"`,
        provider: provider.name,
        timeout,
        signal,
        send: (inner) => provider.renew(grant, ttl, inner),
      }),
    delayOf: (delay) => delay,
  };
}

type BatchingProvider = LeaseProvider & Required<Pick<LeaseProvider, 'renewMany'>>;

/**
 * Renewals of one ttl leave together. A lease is renewed on a beat that all leases of this process share, its first time up
 * to a third of its period early, so that a thousand leases cost three wake-ups in a period and not a thousand.
 */
class BatchedRenewals implements Renewals {
  readonly #provider: BatchingProvider;
  readonly #clock: Clock;
  readonly #gathering = new Map<number, Batch>();

  constructor(provider: BatchingProvider, clock: Clock) {
    this.#provider = provider;
    this.#clock = clock;
  }

  delayOf(delay: number, ttl: number): number {
    const now = this.#clock.monotonic();
    const beat = ttl / BEATS;
    const aligned = Math.floor((now + delay) / beat) * beat - now;
    return aligned > 0 ? aligned : delay;
  }

  renew(renewal: Renewal): Promise<boolean> {
    const { ttl } = renewal;
    let batch = this.#gathering.get(ttl);
    if (!batch) {
      this.#gathering.set(ttl, (batch = new Batch(this.#clock)));
      const sent = batch;
      // What asks in this turn of the event loop goes along.
      this.#clock.setTimer(
        0,
        () => {
          this.#gathering.delete(ttl);
          void this.#send(sent, ttl); // It settles each member's promise, and never rejects.
        },
        true,
      );
    }
    return batch.add(renewal);
  }

  async #send(batch: Batch, ttl: number): Promise<void> {
    const members = batch.members();
    const [first] = members;
    if (!first) return;
    const others = members.length === 1 ? '' : ` and ${members.length - 1} others`;
    try {
      const answers = await callStore(this.#clock, {
        operation: `renew the lease on "${first.renewal.lock}"${others}`,
        provider: this.#provider.name,
        // One that has less time left gives up by itself.
        timeout: Math.max(...members.map(({ renewal }) => renewal.timeout)),
        signal: batch.signal,
        send: (signal) =>
          this.#provider.renewMany(
            members.map(({ renewal }) => renewal.grant),
            ttl,
            signal,
          ),
      });
      for (const [index, { resolve, reject }] of members.entries()) {
        const ours = answers[index];
        if (typeof ours === 'boolean') resolve(ours);
        else if (ours instanceof Error) reject(ours);
        else reject(new Error('The answer to a renewal of many leases left one out.'));
      }
    } catch (thrown) {
      for (const { reject } of members) reject(thrown);
    }
  }
}

/** Some renewals on their way in one call. Each may be given up; the call is given up when all of them are. */
class Batch {
  readonly #controller = new AbortController();
  readonly #members = new Set<Member>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * Without those that have left by now, for their leases were lost or given back; and without those whose time is over: a
   * process that was suspended while it gathered runs its late timers in any order, and a deadline may have passed.
   */
  members(): readonly Member[] {
    for (const { renewal, asked, reject } of this.#members) {
      if (asked.elapsed() >= renewal.timeout) reject(tooLate(renewal));
    }
    return [...this.#members];
  }

  add(renewal: Renewal): Promise<boolean> {
    const { signal } = renewal;
    return new Promise((resolve, reject) => {
      const hook = onAbort(signal, () => {
        this.#members.delete(member);
        if (this.#members.size === 0) this.#controller.abort(signal.reason);
        reject(signal.reason);
      });
      const end = <V>(settle: (value: V) => void, value: V): void => {
        hook.remove();
        this.#members.delete(member);
        settle(value);
      };
      const member: Member = {
        renewal,
        asked: new Stopwatch(this.#clock),
        resolve: (ours) => end(resolve, ours),
        reject: (thrown) => end(reject, thrown),
      };
      this.#members.add(member);
    });
  }
}

interface Member {
  readonly renewal: Renewal;
  /** Begun when it joined. */
  readonly asked: Stopwatch;
  readonly resolve: (ours: boolean) => void;
  readonly reject: (thrown: unknown) => void;
}

function tooLate({ lock, timeout }: Renewal): StoreError {
  return new StoreError(
    `The renewal of the lease on "${lock}" was not sent: the event loop did not turn for the ${Math.round(timeout)} ms that it had. ` +
      `Look for code that blocks it.`,
    { kind: 'transient', applied: 'no' },
  );
}

/** Beats in a ttl: nine, so three in a period of renewal. */
const BEATS = 9;
