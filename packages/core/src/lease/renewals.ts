import { asError } from '../errors.js';
import type { Clock } from '../time/clock.js';
import type { LeaseGrant, LeaseProvider } from './lease-provider.js';

/** Sends renewals to a store: one by one, or many in one call where the store offers that. */
export interface Renewals {
  /** As `LeaseProvider.renew`. */
  renew(grant: LeaseGrant, ttl: number, signal: AbortSignal): Promise<boolean>;
  /** When a renewal that should leave after `delay` milliseconds best leaves: never later. */
  delayOf(delay: number, ttl: number): number;
}

export function renewalsOf(provider: LeaseProvider, clock: Clock): Renewals {
  if (provider.renewMany) return new BatchedRenewals(provider as BatchingProvider, clock);
  return {
    renew: (grant, ttl, signal) => provider.renew(grant, ttl, signal),
    delayOf: (delay) => delay,
  };
}

type BatchingProvider = LeaseProvider & Required<Pick<LeaseProvider, 'renewMany'>>;

/**
 * Renewals of one ttl leave together. A lease is renewed on a beat that all leases of this process share, up to a
 * tenth of its period early, so that a thousand leases cost ten calls in a period and not a thousand.
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

  renew(grant: LeaseGrant, ttl: number, signal: AbortSignal): Promise<boolean> {
    let batch = this.#gathering.get(ttl);
    if (!batch) {
      this.#gathering.set(ttl, (batch = new Batch()));
      const sent = batch;
      // What asks in this turn of the event loop goes along.
      this.#clock.setTimer(
        0,
        () => {
          this.#gathering.delete(ttl);
          sent.send((grants, all) => this.#provider.renewMany(grants, ttl, all));
        },
        true,
      );
    }
    return batch.add(grant, signal);
  }
}

/** Some renewals on their way in one call. Each may be given up; the call is given up when all of them are. */
class Batch {
  readonly #controller = new AbortController();
  readonly #members = new Set<Member>();

  add(grant: LeaseGrant, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#members.delete(member);
        if (this.#members.size === 0) this.#controller.abort(signal.reason);
        reject(signal.reason as Error);
      };
      const end = (settle: () => void): void => {
        signal.removeEventListener('abort', leave);
        settle();
      };
      const member: Member = {
        grant,
        resolve: (ours) => end(() => resolve(ours)),
        reject: (why) => end(() => reject(why)),
      };
      this.#members.add(member);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  send(renewMany: (grants: readonly LeaseGrant[], signal: AbortSignal) => Promise<readonly boolean[]>): void {
    void this.#send(renewMany); // It settles each member's promise, and never rejects.
  }

  async #send(renewMany: Parameters<Batch['send']>[0]): Promise<void> {
    // Who has left by now is not sent: its lease was lost or given back.
    const members = [...this.#members];
    if (members.length === 0) return;
    try {
      const answers = await renewMany(
        members.map(({ grant }) => grant),
        this.#controller.signal,
      );
      for (const [index, { resolve, reject }] of members.entries()) {
        const ours = answers[index];
        if (typeof ours === 'boolean') resolve(ours);
        else reject(new Error('The answer to a renewal of many leases left one out.'));
      }
    } catch (thrown) {
      for (const { reject } of members) reject(asError(thrown));
    }
  }
}

interface Member {
  readonly grant: LeaseGrant;
  readonly resolve: (ours: boolean) => void;
  readonly reject: (thrown: Error) => void;
}

/** Beats in a ttl: thirty, so ten in a period of renewal. */
const BEATS = 30;
