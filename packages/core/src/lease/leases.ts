import { setMaxListeners } from 'node:events';
import {
  asError,
  ConfigurationError,
  LeasedJobsError,
  LeasesClosedError,
  show,
  StoreError,
} from '../errors.js';
import { MAX_DELAY } from '../time/clock.js';
import { sleep } from '../time/sleep.js';
import { Stopwatch } from '../time/stopwatch.js';
import { eitherSignal } from './either-signal.js';
import { HeldLease } from './held-lease.js';
import type { LeaseContext } from './lease-context.js';
import {
  type AcquireRequest,
  isRefusal,
  type LeaseGrant,
  type LeaseRefusal,
  type SlotClaim,
} from './lease-provider.js';
import { leaseTiming, type LeaseTiming } from './lease-timing.js';
import type { Lease } from './lease.js';
import { LockFollower } from './lock-follower.js';
import { lockNameProblem } from './lock-name.js';
import type { LockRecord } from './lock-record.js';
import { renewalsOf } from './renewals.js';
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

export interface LeasesOptions extends Omit<LeaseContext, 'renewals' | 'closing'> {
  readonly instance: string;
  readonly namespace: string;
  /** Milliseconds. */
  readonly ttl: number;
}

/** One attempt of the core's own: with its timing resolved, and with the claim of a slot if a job asks. */
export interface Attempt {
  readonly timing: LeaseTiming;
  readonly claim?: SlotClaim;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks for leases. Inject it wherever something must be done by one instance at a time and no schedule is involved.
 *
 * A lock that somebody holds is a value (`null`, or `ran: false`), a store that cannot be asked is a `StoreError`, and
 * a lease that is lost while you hold it is told by its signal.
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
  readonly #options: LeasesOptions & LeaseContext;
  readonly #defaultTiming: LeaseTiming;
  readonly #held = new Set<HeldLease>();
  readonly #closing = new AbortController();
  readonly #abandoning = new Set<Promise<void>>();

  /** @throws ConfigurationError if the ttl cannot be kept on this backend. */
  constructor(options: LeasesOptions) {
    this.#options = {
      ...options,
      renewals: renewalsOf(options.provider, options.clock),
      closing: this.#closing.signal,
    };
    this.#defaultTiming = this.#timing(options.ttl);
    // Each attempt listens to it while it lasts, and there may be many at once.
    setMaxListeners(0, this.#closing.signal);
  }

  /**
   * Makes one attempt.
   *
   * @returns the lease, or `null` if somebody holds the lock.
   * @throws StoreError if the store could not be asked. A grant that it may have given is given back, or expires.
   * @throws ConfigurationError if the name or the ttl is not possible on this backend.
   */
  async tryAcquire(lock: string, options: LeaseOptions = {}): Promise<Lease | null> {
    const answer = await this.#acquire(lock, { ...options, wait: 0 });
    return answer instanceof HeldLease ? answer : null;
  }

  /**
   * Waits until the lock is granted, at most `wait` milliseconds.
   *
   * @returns the lease, or `null` if somebody still held the lock at the end of the wait.
   * @throws what `tryAcquire` throws, and the reason of `signal` once that aborts.
   */
  async acquire(lock: string, options: WaitOptions): Promise<Lease | null> {
    const answer = await this.#acquire(lock, options);
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
    const answer = await this.#acquire(lock, { ...options, wait: options.wait ?? 0 });
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
      send: (inner) => provider.read(this.#qualify(lock), inner),
    });
    return record && { ...record, lock };
  }

  /** @internal One attempt for the job engine: safe to be answered late, twice, or not at all. */
  async attempt(lock: string, { timing, claim, signal }: Attempt): Promise<HeldLease | LeaseRefusal> {
    const { clock, provider, random, emit, instance } = this.#options;
    const request: AcquireRequest = {
      lock: this.#qualify(lock),
      grantId: random.uuid(),
      holder: instance,
      ttl: timing.ttl,
      ...(claim && { job: claim }),
    };
    signal?.throwIfAborted();
    let mayBeGranted = false;
    for (let tries = 1; ; tries++) {
      const sentAt = new Stopwatch(clock);
      try {
        const answer = await callStore(clock, {
          operation: `acquire the lease on "${lock}"`,
          provider: provider.name,
          timeout: Math.min(timing.tryTimeout, FIRST_TRY_TIMEOUT * 4 ** (tries - 1)),
          signal,
          send: (inner) => provider.acquire(request, inner),
        });
        assertAnswer(answer, request, provider.name);
        if (isRefusal(answer)) {
          emit({ type: 'refused', lock, refusal: answer });
          return answer;
        }
        this.#closing.signal.throwIfAborted();
        if (sentAt.elapsed() < timing.trustedFor) {
          const onEnd = (lease: HeldLease): void => void this.#held.delete(lease);
          const lease = new HeldLease(lock, answer, { context: this.#options, timing, sentAt, onEnd });
          this.#held.add(lease);
          emit({ type: 'acquired', lock, fencingToken: answer.fencingToken });
          return lease;
        }
        throw new StoreError(`The lease on "${lock}" was granted too late to be of use.`, {
          kind: 'transient',
        });
      } catch (thrown) {
        const error = asError(thrown);
        mayBeGranted ||= !provesNothingGranted(error);
        const again = !signal?.aborted && tries < MAX_TRIES && isTransient(error);
        if (!signal?.aborted) emit({ type: 'store-failed', lock, operation: 'acquire', error });
        if (again) await sleep(clock, RETRY_DELAY * (0.5 + random.next()), signal, true);
        if (!again || signal?.aborted) {
          if (mayBeGranted) this.#abandon(lock, request, timing);
          throw signal?.aborted ? signal.reason : thrown;
        }
      }
    }
  }

  /** @internal Whether the store tells of releases, so that it is worth waiting for less than a ttl. */
  get areTold(): boolean {
    return this.#options.provider.watch !== undefined;
  }

  /** @internal The releases of a lock. Whoever asks for a follower closes it. */
  follow(lock: string): LockFollower {
    return new LockFollower(this.#options.provider, this.#options.clock, this.#qualify(lock));
  }

  /** @internal Ends what the leases still hold of this process: their renewals, timers and calls. */
  async close(): Promise<void> {
    this.#closing.abort(new LeasesClosedError());
    for (const lease of this.#held) lease.close();
    await Promise.all(this.#abandoning);
  }

  async #acquire(lock: string, { wait, signal, ttl }: WaitOptions): Promise<HeldLease | LeaseRefusal> {
    if (typeof wait !== 'number' || Number.isNaN(wait) || wait < 0) {
      throw new ConfigurationError(
        `Cannot wait ${show(wait)} ms for the lock "${lock}". Choose a number of milliseconds from 0 on.`,
      );
    }
    const { clock, random } = this.#options;
    const timing = ttl === undefined ? this.#defaultTiming : this.#timing(ttl);
    using either = eitherSignal(signal, this.#closing.signal);
    const attempt = { timing, signal: either.signal };
    const waited = new Stopwatch(clock);
    const follower = this.follow(lock);
    try {
      for (;;) {
        const { releases } = follower;
        const answer = await this.attempt(lock, attempt);
        if (answer instanceof HeldLease) return answer;
        const left = wait - waited.elapsed();
        if (left <= 0) return answer;
        const pause = pauseAfter(answer) * (1 + JITTER * random.next());
        await follower.releasedSince(releases, Math.min(left, pause, MAX_DELAY), either.signal);
        either.signal.throwIfAborted();
      }
    } finally {
      follower.close();
    }
  }

  #timing(ttl: number): LeaseTiming {
    return leaseTiming(ttl, this.#options.provider.limits, this.#options.provider.name);
  }

  /** @throws ConfigurationError if the store could not hold that name. */
  #qualify(lock: string): string {
    const { namespace } = this.#options;
    const name = typeof lock !== 'string' || lock === '' || namespace === '' ? lock : `${namespace}/${lock}`;
    const problem = lockNameProblem(name);
    if (problem !== null) throw new ConfigurationError(problem);
    return name;
  }

  /** An attempt of unknown outcome is never *held*. If it was granted after all, it is given back. */
  #abandon(lock: string, request: AcquireRequest, timing: LeaseTiming): void {
    const { clock, provider, emit } = this.#options;
    const done = callStore(clock, {
      operation: `give back the lease on "${lock}"`,
      provider: provider.name,
      timeout: timing.tryTimeout,
      send: (signal) => provider.release(request, {}, signal),
    })
      .catch((thrown: unknown) =>
        emit({ type: 'store-failed', lock, operation: 'release', error: asError(thrown) }),
      )
      .finally(() => this.#abandoning.delete(done));
    this.#abandoning.add(done);
  }
}

/** In how many milliseconds a refused attempt is made again at the soonest: the store may name a moment ago. */
export function pauseAfter({ retryAfter }: LeaseRefusal): number {
  return retryAfter > MIN_PAUSE ? retryAfter + 1 : MIN_PAUSE;
}

/** A provider whose answers cannot be trusted is not one to hold a lease of. */
function assertAnswer(
  answer: LeaseGrant | LeaseRefusal,
  { grantId }: AcquireRequest,
  provider: string,
): void {
  if (typeof answer === 'object' && answer !== null) {
    if (isRefusal(answer)) return;
    if (answer.grantId === grantId && Number.isSafeInteger(answer.fencingToken)) return;
  }
  throw new StoreError(
    `The ${provider} backend answered an attempt with ${show(answer)}, which is neither a grant of it nor a refusal.`,
    { kind: 'invalid' },
  );
}

function provesNothingGranted(error: Error): boolean {
  return error instanceof RangeError || (error instanceof StoreError && error.applied === 'no');
}

/** Whether asking again soon may help. */
export function isTransient(error: Error): boolean {
  if (error instanceof StoreError) return error.kind === 'transient';
  return !(error instanceof RangeError || error instanceof LeasedJobsError);
}

/** Milliseconds. Asking twice is harmless, so the first try is short: a swallowed answer costs half a second. */
const FIRST_TRY_TIMEOUT = 500;
const MAX_TRIES = 3;
const MIN_PAUSE = 50;
const RETRY_DELAY = 100;
/** The share of a wait that is added at random, so that those who wait do not all ask at once. */
const JITTER = 0.1;
