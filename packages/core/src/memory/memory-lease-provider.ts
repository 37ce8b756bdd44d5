import type {
  AcquireRequest,
  GrantProof,
  LeaseGrant,
  LeaseProvider,
  LeaseRefusal,
  Release,
  ReleaseNote,
  Watch,
} from '../lease/lease-provider.js';
import {
  acquireLock,
  lockRecord,
  NEW_LOCK,
  pauseJob,
  releaseLock,
  renewLock,
  type LockState,
  type StoreTime,
} from '../lease/lock-rules.js';
import { assertLockName } from '../lease/lock-name.js';
import { assertTtl } from '../lease/ttl.js';
import type { LockRecord } from '../lease/lock-record.js';
import { type Clock, MAX_DELAY } from '../time/clock.js';
import { SystemClock } from '../time/system-clock.js';

/** What the instances of one process share when they lease from memory: the locks, and a clock. */
export class MemoryStore {
  readonly locks = new Map<string, LockState>();
  /** Those who are told of releases, by lock. */
  readonly watchers = new Map<string, Set<(release: Release) => void>>();

  constructor(readonly clock: Clock = new SystemClock()) {}

  now(): StoreTime {
    return { duration: this.clock.monotonic(), wall: this.clock.wall() };
  }
}

/**
 * Leases in the memory of this process. For tests, and for an app that runs as one instance: it excludes nobody in
 * another process, and forgets everything when this one ends.
 *
 * Every method decides before its first `await`, so each is one atomic step.
 */
export class MemoryLeaseProvider implements LeaseProvider {
  readonly name = 'memory';
  readonly limits = { minTtl: 1, maxTtl: MAX_DELAY, granularity: 0, excludes: 'process' } as const;
  readonly #store: MemoryStore;
  readonly #watches = new Set<Watch>();

  constructor(store: MemoryStore = new MemoryStore()) {
    this.#store = store;
  }

  async acquire(request: AcquireRequest, signal: AbortSignal): Promise<LeaseGrant | LeaseRefusal> {
    assertLockName(request.lock);
    assertTtl(request.ttl, this.limits, this.name);
    signal.throwIfAborted();
    const answer = acquireLock(this.#state(request.lock), request, this.#store.now());
    if ('refused' in answer) return answer;
    this.#store.locks.set(request.lock, answer.state);
    return answer.grant;
  }

  async renew(grant: LeaseGrant, ttl: number, signal: AbortSignal): Promise<boolean> {
    assertTtl(ttl, this.limits, this.name);
    signal.throwIfAborted();
    return this.#replace(grant.lock, renewLock(this.#state(grant.lock), grant, ttl, this.#store.now()));
  }

  async release(grant: GrantProof, note: ReleaseNote, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const released = releaseLock(this.#state(grant.lock), grant, note, this.#store.now());
    if (!this.#replace(grant.lock, released)) return;
    const { job } = note;
    this.#tell(grant.lock, job?.slot === undefined ? {} : { done: { job: job.name, slot: job.slot } });
  }

  watch(lock: string, onRelease: (release: Release) => void): Watch {
    const { watchers } = this.#store;
    const all = watchers.get(lock) ?? new Set();
    watchers.set(lock, all.add(onRelease));
    const watch = {
      close: () => {
        all.delete(onRelease);
        if (all.size === 0) watchers.delete(lock);
        this.#watches.delete(watch);
      },
    };
    this.#watches.add(watch);
    return watch;
  }

  async setPaused(lock: string, job: string, paused: boolean, signal: AbortSignal): Promise<null> {
    assertLockName(lock);
    signal.throwIfAborted();
    this.#replace(lock, pauseJob(this.#state(lock), job, paused));
    this.#tell(lock, {});
    return null;
  }

  async read(lock: string, signal: AbortSignal): Promise<LockRecord | null> {
    assertLockName(lock);
    signal.throwIfAborted();
    const state = this.#store.locks.get(lock);
    return state ? lockRecord(lock, state, this.#store.now()) : null;
  }

  async *list(prefix: string, signal: AbortSignal): AsyncIterable<LockRecord> {
    for (const [lock, state] of this.#store.locks) {
      signal.throwIfAborted();
      if (lock.startsWith(prefix)) yield lockRecord(lock, state, this.#store.now());
    }
  }

  async close(): Promise<void> {
    for (const watch of this.#watches) watch.close();
  }

  #tell(lock: string, release: Release): void {
    for (const tell of this.#store.watchers.get(lock) ?? []) tell(release);
  }

  #state(lock: string): LockState {
    return this.#store.locks.get(lock) ?? NEW_LOCK;
  }

  #replace(lock: string, state: LockState | null): boolean {
    if (state) this.#store.locks.set(lock, state);
    return state !== null;
  }
}
