import { StoreError } from '@leased-jobs/core';
import type { LockBlobRequests } from '../../src/blob-locks.js';
import type { LockDocument } from '../../src/lock-document.js';
import type { Simulation } from './simulation.js';

export interface AzureQuirks {
  /** A rule that is not kept: to see that the simulation would notice. */
  readonly breaks?: 'a write needs the ETag' | 'a lease lasts its ttl';
  /** Renews an expired lease whoever asks, for whoever had it last, as Azurite does. */
  readonly renewsForAnybody?: boolean;
  /** The share of requests whose answer is lost. */
  readonly loss: number;
}

/** One blob with Azure's rules of leases and ETags, at the end of a network that delays requests and loses answers. */
export class SimulatedAzure {
  readonly #simulation: Simulation;
  readonly #quirks: AzureQuirks;
  #blob: { etag: number; document: LockDocument } | null = null;
  #lease: { id: string; ttl: number; expiresAt: number } | null = null;
  #etags = 0;

  constructor(simulation: Simulation, quirks: AzureQuirks) {
    this.#simulation = simulation;
    this.#quirks = quirks;
  }

  /** What one instance can ask. */
  client(): LockBlobRequests {
    return {
      read: (signal) =>
        this.#ask(
          signal,
          () => this.#blob && { ...this.#view(this.#blob), locked: this.#liveLease() !== null },
        ),
      create: (document, signal) =>
        this.#ask(signal, () => (this.#blob === null ? this.#put(document) : null)),
      write: (document, { etag, leaseId }, signal) =>
        this.#ask(signal, () => {
          if (!this.#matchesForWrite(etag) || (this.#liveLease()?.id ?? null) !== leaseId) return null;
          if (leaseId === null) this.#lease = null;
          return this.#put(document);
        }),
      lease: (id, { etag, ttl }, signal) =>
        this.#ask(signal, () => {
          if (!this.#matches(etag)) return 'moved';
          if ((this.#liveLease()?.id ?? id) !== id) return 'held';
          const lasting = this.#quirks.breaks === 'a lease lasts its ttl' ? ttl / 2 : ttl;
          this.#lease = { id, ttl: lasting, expiresAt: this.#simulation.now + lasting };
          return 'leased';
        }),
      renew: (id, etag, signal) =>
        this.#ask(signal, () => {
          if (!this.#matches(etag)) return 'moved';
          const lease = this.#lease;
          const isOpen = this.#quirks.renewsForAnybody === true && this.#liveLease() === null;
          if (!lease || (lease.id !== id && !isOpen)) return 'lost';
          this.#lease = { ...lease, expiresAt: this.#simulation.now + lease.ttl };
          return lease.id === id ? 'renewed' : 'lost';
        }),
      endLease: (id, etag, signal) =>
        this.#ask(signal, () => {
          if (!this.#matches(etag)) return 'moved';
          if (this.#lease?.id !== id) return 'lost';
          this.#lease = null;
          return 'ended';
        }),
    };
  }

  async #ask<T>(signal: AbortSignal, answer: () => T): Promise<T> {
    const { random } = this.#simulation;
    await this.#travel();
    signal.throwIfAborted();
    const answered = answer();
    await this.#travel();
    if (random.next() < this.#quirks.loss)
      throw new StoreError('The answer was lost.', { kind: 'transient' });
    return answered;
  }

  /** Mostly some milliseconds, sometimes longer than a ttl. */
  async #travel(): Promise<void> {
    const { random } = this.#simulation;
    const isSlow = random.next() < 0.04;
    await this.#simulation.sleep(isSlow ? random.next() * 20_000 : 1 + random.next() * 40);
  }

  #view({ etag, document }: { etag: number; document: LockDocument }) {
    return { etag: String(etag), document };
  }

  #matches(etag: string): boolean {
    return this.#blob !== null && String(this.#blob.etag) === etag;
  }

  #matchesForWrite(etag: string): boolean {
    return this.#quirks.breaks === 'a write needs the ETag' ? this.#blob !== null : this.#matches(etag);
  }

  #put(document: LockDocument): string {
    this.#blob = { etag: ++this.#etags, document };
    return String(this.#etags);
  }

  #liveLease(): { readonly id: string } | null {
    return this.#lease && this.#simulation.now < this.#lease.expiresAt ? this.#lease : null;
  }
}
