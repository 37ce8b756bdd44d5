import {
  type AcquireRequest,
  type GrantProof,
  isRefusal,
  type LeaseGrant,
  type LeaseProvider,
  type LeaseRefusal,
  MemoryLeaseProvider,
  type MemoryStore,
  type ReleaseNote,
} from '@leased-jobs/core';
import type { StoreKind } from './scenario.js';
import type { Witness } from './witness.js';

/** The store's side: writes down what is carried out, and who else trusts a lease at the moment of a grant. */
export class RecordingStore extends MemoryLeaseProvider {
  readonly renewMany?: NonNullable<LeaseProvider['renewMany']>;
  readonly #store: MemoryStore;
  readonly #witness: Witness;
  /** The locks whose leases are looked at when they expire. */
  readonly #watched = new Set<string>();

  constructor(store: MemoryStore, witness: Witness, renewsMany = false) {
    super(store);
    if (renewsMany) {
      this.renewMany = (grants, ttl, signal) =>
        Promise.all(grants.map((grant) => this.renew(grant, ttl, signal)));
    }
    this.#store = store;
    this.#witness = witness;
  }

  override async acquire(request: AcquireRequest, signal: AbortSignal): Promise<LeaseGrant | LeaseRefusal> {
    const answer = await super.acquire(request, signal);
    if (!isRefusal(answer)) {
      const { lock, grantId, ttl, holder } = request;
      const { record, holders } = this.#witness;
      const token = answer.fencingToken;
      record({ type: 'granted', instance: holder, lock, token, grantId, ttl });
      for (const { instance, held } of holders.trusting(lock)) {
        const old = held.fencingToken;
        if (old !== token) record({ type: 'trusts', instance, lock, token: old, newer: token });
      }
      this.#watchExpiry(lock);
    }
    return answer;
  }

  override async release(grant: GrantProof, note: ReleaseNote, signal: AbortSignal): Promise<void> {
    const { lock, grantId } = grant;
    const live = this.#store.locks.get(lock)?.lease;
    const now = this.#store.now().duration;
    if (live && live.grantId === grantId && now < live.expiresAt) {
      const { job } = note;
      this.#witness.record({
        type: 'released',
        instance: live.holder,
        lock,
        grantId,
        job: job?.name,
        slot: job?.slot,
      });
    }
    await super.release(grant, note, signal);
  }

  override async setPaused(lock: string, job: string, paused: boolean, signal: AbortSignal): Promise<null> {
    await super.setPaused(lock, job, paused, signal);
    this.#witness.record({ type: paused ? 'job-paused' : 'job-resumed', instance: 'store', lock, job });
    return null;
  }

  /** At the moment when a lease has expired, nobody trusts it any more. */
  #watchExpiry(lock: string): void {
    const live = this.#store.locks.get(lock)?.lease;
    if (!live || this.#watched.has(lock)) return;
    this.#watched.add(lock);
    const { record, holders, at } = this.#witness;
    at(live.expiresAt, () => {
      this.#watched.delete(lock);
      const last = this.#store.locks.get(lock)?.lease;
      if (!last) return;
      if (this.#store.now().duration < last.expiresAt) {
        this.#watchExpiry(lock);
        return;
      }
      for (const { instance, held } of holders.trusting(lock)) {
        record({ type: 'trusts', instance, lock, token: held.fencingToken, newer: null });
      }
    });
  }
}

/** The instance's side: offers what this kind of store offers, and writes down what is sent. */
export function recordingProvider(
  inner: LeaseProvider,
  instance: string,
  { record, holders, kind }: Witness & { readonly kind: StoreKind },
): LeaseProvider {
  const renewing = ({ grantId, lock, fencingToken }: LeaseGrant): void => {
    const remaining = holders.remaining(instance, lock, fencingToken);
    record({ type: 'renew-sent', instance, grantId, remaining });
  };
  const [renewMany, watch] = [inner.renewMany?.bind(inner), inner.watch?.bind(inner)];
  return {
    name: inner.name,
    limits: { ...inner.limits, granularity: kind.granularity },
    acquire: (request, signal) => inner.acquire(request, signal),
    renew: (grant, ttl, signal) => {
      renewing(grant);
      return inner.renew(grant, ttl, signal);
    },
    release: (grant, note, signal) => {
      const { grantId } = grant;
      const { name: job, slot, holdOff } = note.job ?? {};
      record({ type: 'release-sent', instance, grantId, job, slot, holdOff });
      return inner.release(grant, note, signal);
    },
    setPaused: (lock, job, paused, signal) => inner.setPaused(lock, job, paused, signal),
    read: (lock, signal) => inner.read(lock, signal),
    list: (prefix, signal) => inner.list(prefix, signal),
    ...(kind.tells && watch && { watch }),
    ...(renewMany && {
      renewMany: (grants, ttl, signal) => {
        for (const grant of grants) renewing(grant);
        return renewMany(grants, ttl, signal);
      },
    }),
    close: () => inner.close(),
  };
}
