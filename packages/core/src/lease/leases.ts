import { ConfigurationError, show } from '../errors.js';
import { MAX_DELAY } from '../time/clock.js';
import { Stopwatch } from '../time/stopwatch.js';
import { type Attempt, Attempts, type AttemptsOptions, pauseAfter } from './attempts.js';
import { askingAgainAfter } from './asking-again.js';
import { eitherSignal } from './either-signal.js';
import { HeldLease } from './held-lease.js';
import type { LeaseRefusal } from './lease-provider.js';
import { leaseTiming, type LeaseTiming } from './lease-timing.js';
import type { Lease } from './lease.js';
import { LockFollower } from './lock-follower.js';
import type { LockRecord } from './lock-record.js';
import { Outstanding } from './outstanding.js';
import { callStore } from './store-call.js';

export interface LeaseOptions {
  /** Milliseconds. Default: the app's ttl. */
  readonly ttl?: number;
  /** Ends the attempt and the wait, by a rejection with its reason. It does not end a lease that was given. */
  readonly signal?: AbortSignal;
}

export interface WaitOptions extends LeaseOptions {
  /** How long to wait for a held lock, in milliseconds. 0 makes one attempt. */
  readonly wait: number;
}

/** What came of `withLease`: the function's value, or why it was not called. */
export type Outcome<T> =
  { readonly ran: true; readonly value: T } | { readonly ran: false; readonly refusal: LeaseRefusal };

export interface LeasesOptions extends AttemptsOptions {
  /** Milliseconds. */
  readonly ttl: number;
}

/**
 * Asks for leases. Inject it wherever something must be done by one instance at a time and no schedule is involved.
 *
 * A lock that somebody holds is a value (`null`, or `ran: false`), a store that cannot be asked is a `StoreError`, and
 * a lease that is lost while you hold it is told by its signal.
 *
 * A shutdown waits until these leases are released, at most `drainTimeout`, and does not tell their holders: whatever holds
 * one for as long as the app lives has to release it before, or delays every shutdown by that time. What is held after the
 * limit is lost, and left to its ttl.
 *
 * @example
 * ```ts
 * await using lease = await leases.acquire('report', { wait: 5_000 });
 * if (lease === null) return 'somebody else is at it';
 * for (const page of pages) {
 *   lease.throwIfLost();
 *   await store(page, { fence: lease.fencingToken, signal: lease.signal });
 * }
 * ```
 */
export class Leases {
  readonly #options: LeasesOptions;
  readonly #attempts: Attempts;
  readonly #defaultTiming: LeaseTiming;
  /** What `tryAcquire`, `acquire` and `withLease` have given: what engines ask for they wait for themselves. */
  readonly #outstanding = new Outstanding();

  /** @throws ConfigurationError if the ttl cannot be kept on this backend. */
  constructor(options: LeasesOptions) {
    this.#options = options;
    this.#attempts = new Attempts(options);
    this.#defaultTiming = this.#timing(options.ttl);
  }

  /**
   * Makes one attempt.
   *
   * @returns the lease, or `null` if somebody holds the lock.
   * @throws StoreError if the store could not be asked. A grant that it may have given is given back, or expires.
   * @throws ConfigurationError if the name or the ttl is not possible on this backend.
   * @throws LeasesClosedError once the app has been closed.
   */
  async tryAcquire(lock: string, options: LeaseOptions = {}): Promise<Lease | null> {
    const answer = await this.#acquire(lock, 0, options, this.#outstanding);
    return answer instanceof HeldLease ? answer : null;
  }

  /**
   * Waits until the lock is granted, at most `wait` milliseconds.
   *
   * @returns the lease, or `null` if somebody still held the lock at the end of the wait.
   * @throws what `tryAcquire` throws, and the reason of `signal` once that aborts.
   */
  async acquire(lock: string, options: WaitOptions): Promise<Lease | null> {
    const answer = await this.#acquire(lock, options.wait, options, this.#outstanding);
    return answer instanceof HeldLease ? answer : null;
  }

  /**
   * Calls `work` under a lease, and releases the lease after its promise has settled. Waits for a held lock only if
   * told to (`wait`, default 0).
   *
   * @throws what `acquire` and `work` throw. A loss in the middle is told by the lease's signal, and by nothing else.
   */
  async withLease<T>(
    lock: string,
    work: (lease: Lease) => T | Promise<T>,
    options: Partial<WaitOptions> = {},
  ): Promise<Outcome<T>> {
    const answer = await this.#acquire(lock, options.wait ?? 0, options, this.#outstanding);
    if (!(answer instanceof HeldLease)) return { ran: false, refusal: answer };
    try {
      return { ran: true, value: await work(answer) };
    } finally {
      await answer.release();
    }
  }

  /** What the store knows of a lock; `null` if nobody has ever been granted it. */
  async read(lock: string, signal?: AbortSignal): Promise<LockRecord | null> {
    const { clock, provider } = this.#options;
    const record = await callStore(clock, {
      operation: `read "${lock}"`,
      provider: provider.name,
      timeout: this.#defaultTiming.tryTimeout,
      signal,
      send: (inner) => provider.read(this.#attempts.qualify(lock), inner),
    });
    return record && { ...record, lock };
  }

  /** @internal Whether the store tells of releases, so that it is worth waiting for less than a ttl. */
  get areTold(): boolean {
    return this.#options.provider.watch !== undefined;
  }

  /** @internal The releases of some locks. Whoever asks for a follower closes it. */
  follow(locks: readonly string[]): LockFollower {
    const { provider, clock } = this.#options;
    return new LockFollower(
      provider,
      clock,
      locks.map((lock) => this.#attempts.qualify(lock)),
    );
  }

  /** @internal A lease, or why there is none: `acquire`, for those who tell the reason on. */
  async request(lock: string, { wait, ...options }: WaitOptions): Promise<HeldLease | LeaseRefusal> {
    return this.#acquire(lock, wait, options);
  }

  /** @internal Has the store write down that a job is paused, or not. `null`: it has. */
  setPaused(lock: string, job: string, paused: boolean, signal?: AbortSignal): Promise<LeaseRefusal | null> {
    const { clock, provider } = this.#options;
    return callStore(clock, {
      operation: `${paused ? 'pause' : 'resume'} "${job}"`,
      provider: provider.name,
      timeout: this.#defaultTiming.tryTimeout,
      signal,
      send: (inner) => provider.setPaused(this.#attempts.qualify(lock), job, paused, inner),
    });
  }

  /** @internal One attempt for the job engine. */
  attempt(lock: string, attempt: Attempt): Promise<HeldLease | LeaseRefusal> {
    return this.#attempts.make(lock, attempt);
  }

  /** @internal The locks of which somebody holds a lease that was not given to an engine. */
  get outstanding(): readonly string[] {
    return this.#outstanding.locks;
  }

  /** @internal Resolves when nobody holds such a lease. */
  ended(): Promise<void> {
    return this.#outstanding.ended();
  }

  /** @internal */
  close(): Promise<void> {
    return this.#attempts.close();
  }

  /** Not `async`, for most calls pass through it: what it throws, its callers reject with. */
  #acquire(
    lock: string,
    wait: number,
    { signal, ttl }: LeaseOptions,
    outstanding?: Outstanding,
  ): Promise<HeldLease | LeaseRefusal> {
    if (typeof wait !== 'number' || Number.isNaN(wait) || wait < 0) {
      throw new ConfigurationError(
        `Cannot wait ${show(wait)} ms for the lock "${lock}". Choose a number of milliseconds from 0 on.`,
      );
    }
    const timing = ttl === undefined ? this.#defaultTiming : this.#timing(ttl);
    if (signal) return this.#acquireUntil(signal, wait, lock, { timing, outstanding });
    return this.#acquireWithin(wait, lock, { timing, outstanding, signal: this.#attempts.closing });
  }

  async #acquireUntil(
    signal: AbortSignal,
    wait: number,
    lock: string,
    attempt: Attempt,
  ): Promise<HeldLease | LeaseRefusal> {
    using either = eitherSignal(signal, this.#attempts.closing);
    return await this.#acquireWithin(wait, lock, { ...attempt, signal: either.signal });
  }

  /** What a wait takes is made when one begins: most attempts are granted, or not made to wait. */
  #acquireWithin(wait: number, lock: string, attempt: Bounded<Attempt>): Promise<HeldLease | LeaseRefusal> {
    return wait === 0 ? this.#attempts.make(lock, attempt) : this.#acquireWaiting(wait, lock, attempt);
  }

  async #acquireWaiting(
    wait: number,
    lock: string,
    attempt: Bounded<Attempt>,
  ): Promise<HeldLease | LeaseRefusal> {
    const waited = new Stopwatch(this.#options.clock);
    const follower = this.follow([lock]);
    try {
      for (;;) {
        const { releases } = follower;
        const answer = await this.#attempts.make(lock, attempt);
        if (answer instanceof HeldLease) return answer;
        const elapsed = waited.elapsed();
        const left = wait - elapsed;
        if (left <= 0) return answer;
        const isWanted = answer.refused !== 'held' || answer.retryAfter < answer.expiresIn;
        const pause = askingAgainAfter(
          { named: pauseAfter(answer), isWanted, waited: elapsed, isTold: this.areTold },
          this.#options.random,
        );
        await follower.releasedSince(releases, Math.min(left, pause, MAX_DELAY), attempt.signal);
        attempt.signal.throwIfAborted();
      }
    } finally {
      follower.close();
    }
  }

  #timing(ttl: number): LeaseTiming {
    return leaseTiming(ttl, this.#options.provider.limits, this.#options.provider.name);
  }
}

type Bounded<T> = T & { readonly signal: AbortSignal };
