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
import type { Witness } from './witness.js';

/** The store's side: writes down what is carried out, and who else trusts a lease at the moment of a grant. */
export class RecordingStore extends MemoryLeaseProvider {
  readonly #store: MemoryStore;
  readonly #witness: Witness;

  constructor(store: MemoryStore, witness: Witness) {
    super(store);
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
      for (const { instance, held } of holders.trusting(lock, token)) {
        record({ type: 'trusts', instance, lock, token: held.fencingToken, newer: token });
      }
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
}

/** The instance's side: writes down what is sent. */
export function recordingProvider(
  inner: LeaseProvider,
  instance: string,
  { record, holders }: Witness,
): LeaseProvider {
  return {
    name: inner.name,
    limits: inner.limits,
    acquire: (request, signal) => inner.acquire(request, signal),
    renew: (grant, ttl, signal) => {
      const { grantId, lock, fencingToken } = grant;
      const remaining = holders.remaining(instance, lock, fencingToken);
      record({ type: 'renew-sent', instance, grantId, remaining });
      return inner.renew(grant, ttl, signal);
    },
    release: (grant, note, signal) => {
      const { job } = note;
      record({ type: 'release-sent', instance, grantId: grant.grantId, job: job?.name, slot: job?.slot });
      return inner.release(grant, note, signal);
    },
    setPaused: (lock, job, paused, signal) => inner.setPaused(lock, job, paused, signal),
    read: (lock, signal) => inner.read(lock, signal),
    list: (prefix, signal) => inner.list(prefix, signal),
    ...(inner.watch && { watch: inner.watch.bind(inner) }),
    close: () => inner.close(),
  };
}
