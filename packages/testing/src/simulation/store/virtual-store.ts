import {
  acquireLock,
  type AcquireRequest,
  type GrantProof,
  type LeaseGrant,
  type LeaseRefusal,
  lockRecord,
  type LockRecord,
  type LockState,
  MemoryStore,
  NEW_LOCK,
  pauseJob,
  type Release,
  releaseLock,
  type ReleaseNote,
  renewLock,
} from '@leased-jobs/core';
import { EPOCH } from '../time/process-clock.js';
import type { Agenda } from '../time/agenda.js';

/** The rules of a lock. Replaced only to see that a broken one is found. */
export interface StoreRules {
  readonly acquireLock: typeof acquireLock;
  readonly renewLock: typeof renewLock;
  readonly releaseLock: typeof releaseLock;
}

export const REAL_RULES: StoreRules = { acquireLock, renewLock, releaseLock };

/** Told of what the store does, at once. */
export interface StoreObserver {
  /** A new grant, not one repeated. */
  granted(request: AcquireRequest, grant: LeaseGrant): void;
  released(proof: GrantProof, note: ReleaseNote): void;
}

/**
 * The store of a virtual cluster: a `MemoryStore` and the real rules of a lock, on a clock of its own that is true time.
 *
 * It can be away, and it can forget all that it knew. As a store has to that can forget, it counts tokens from its clock
 * in microseconds, so that none goes back.
 */
export class VirtualStore {
  readonly #memory: MemoryStore;
  readonly #rules: StoreRules;
  readonly #observer: StoreObserver;
  readonly #watchers = new Map<string, Set<(release: Release) => void>>();
  #up = true;

  constructor(agenda: Agenda, observer: StoreObserver, rules: StoreRules = REAL_RULES) {
    this.#memory = new MemoryStore({
      wall: () => EPOCH + agenda.now,
      monotonic: () => agenda.now,
      setTimer: () => {
        throw new Error('A store sets no timers.');
      },
    });
    this.#observer = observer;
    this.#rules = rules;
  }

  /** Whether it answers. */
  get up(): boolean {
    return this.#up;
  }

  goAway(): void {
    this.#up = false;
  }

  comeBack(): void {
    this.#up = true;
  }

  forget(): void {
    this.#memory.locks.clear();
  }

  acquire(request: AcquireRequest): LeaseGrant | LeaseRefusal {
    const state = this.#state(request.lock);
    const now = this.#memory.now();
    const nextToken = Math.max(state.fencingToken + 1, Math.round(now.wall * 1_000));
    const answer = this.#rules.acquireLock(state, request, now, nextToken);
    if ('refused' in answer) return answer;
    const isNew = answer.state.lease?.grantId !== state.lease?.grantId;
    this.#memory.locks.set(request.lock, answer.state);
    if (isNew) this.#observer.granted(request, answer.grant);
    return answer.grant;
  }

  renew(grant: LeaseGrant, ttl: number): boolean {
    return this.#replace(
      grant.lock,
      this.#rules.renewLock(this.#state(grant.lock), grant, ttl, this.#memory.now()),
    );
  }

  release(proof: GrantProof, note: ReleaseNote): void {
    const released = this.#rules.releaseLock(this.#state(proof.lock), proof, note, this.#memory.now());
    if (!this.#replace(proof.lock, released)) return;
    this.#observer.released(proof, note);
    const { job } = note;
    const release = job?.slot === undefined ? {} : { done: { job: job.name, slot: job.slot } };
    for (const tell of this.#watchers.get(proof.lock) ?? []) tell(release);
  }

  setPaused(lock: string, job: string, paused: boolean): null {
    this.#replace(lock, pauseJob(this.#state(lock), job, paused));
    return null;
  }

  read(lock: string): LockRecord | null {
    const state = this.#memory.locks.get(lock);
    return state ? lockRecord(lock, state, this.#memory.now()) : null;
  }

  list(prefix: string): readonly LockRecord[] {
    return [...this.#memory.locks.keys()]
      .filter((lock) => lock.startsWith(prefix))
      .map((lock) => this.read(lock))
      .filter((record) => record !== null);
  }

  /** Returns the function that ends it. */
  watch(lock: string, tell: (release: Release) => void): () => void {
    const watchers = this.#watchers.get(lock) ?? new Set();
    this.#watchers.set(lock, watchers.add(tell));
    return () => {
      watchers.delete(tell);
    };
  }

  /** Whether the lease of this token is live at this moment. */
  isLive(lock: string, fencingToken: number): boolean {
    const lease = this.#memory.locks.get(lock)?.lease;
    return lease?.fencingToken === fencingToken && this.#memory.now().duration < lease.expiresAt;
  }

  #state(lock: string): LockState {
    return this.#memory.locks.get(lock) ?? NEW_LOCK;
  }

  #replace(lock: string, state: LockState | null): boolean {
    if (state) this.#memory.locks.set(lock, state);
    return state !== null;
  }
}
