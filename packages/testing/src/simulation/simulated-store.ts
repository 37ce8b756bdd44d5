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
import type { NewEntry } from './history.js';

/** The store's side: writes down what is carried out. */
export class RecordingStore extends MemoryLeaseProvider {
  readonly #store: MemoryStore;
  readonly #record: (entry: NewEntry) => void;

  constructor(store: MemoryStore, record: (entry: NewEntry) => void) {
    super(store);
    this.#store = store;
    this.#record = record;
  }

  override async acquire(request: AcquireRequest, signal: AbortSignal): Promise<LeaseGrant | LeaseRefusal> {
    const answer = await super.acquire(request, signal);
    if (!isRefusal(answer)) {
      const { lock, grantId, ttl, holder } = request;
      this.#record({ type: 'granted', instance: holder, lock, token: answer.fencingToken, grantId, ttl });
    }
    return answer;
  }

  override async release(grant: GrantProof, note: ReleaseNote, signal: AbortSignal): Promise<void> {
    const { lock, grantId } = grant;
    const live = this.#store.locks.get(lock)?.lease;
    const now = this.#store.now().duration;
    if (live && live.grantId === grantId && now < live.expiresAt) {
      const { job } = note;
      this.#record({
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
  record: (entry: NewEntry) => void,
): LeaseProvider {
  return {
    name: inner.name,
    limits: inner.limits,
    acquire: (request, signal) => inner.acquire(request, signal),
    renew: (grant, ttl, signal) => {
      record({ type: 'renew-sent', instance, grantId: grant.grantId });
      return inner.renew(grant, ttl, signal);
    },
    release: (grant, note, signal) => {
      record({ type: 'release-sent', instance, grantId: grant.grantId });
      return inner.release(grant, note, signal);
    },
    setPaused: (lock, job, paused, signal) => inner.setPaused(lock, job, paused, signal),
    read: (lock, signal) => inner.read(lock, signal),
    list: (prefix, signal) => inner.list(prefix, signal),
    ...(inner.watch && { watch: inner.watch.bind(inner) }),
    close: () => inner.close(),
  };
}
