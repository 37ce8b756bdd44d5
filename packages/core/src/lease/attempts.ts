import { setMaxListeners } from 'node:events';
import {
  asError,
  ConfigurationError,
  LeasedJobsError,
  LeasesClosedError,
  show,
  StoreError,
} from '../errors.js';
import { sleep } from '../time/sleep.js';
import { Stopwatch } from '../time/stopwatch.js';
import { hooked } from './abort-hooks.js';
import { HeldLease } from './held-lease.js';
import type { LeaseContext } from './lease-context.js';
import {
  type AcquireRequest,
  isRefusal,
  type LeaseGrant,
  type LeaseRefusal,
  type SlotClaim,
} from './lease-provider.js';
import type { LeaseTiming } from './lease-timing.js';
import { lockNameProblem } from './lock-name.js';
import type { Outstanding } from './outstanding.js';
import { renewalsOf } from './renewals.js';
import { callStore } from './store-call.js';

export interface AttemptsOptions extends Omit<LeaseContext, 'renewals' | 'closing'> {
  readonly instance: string;
  readonly namespace: string;
}

/** With its timing resolved, and with the claim of a slot if a job asks. */
export interface Attempt {
  readonly timing: LeaseTiming;
  readonly claim?: SlotClaim;
  /** For how long a keeper may keep the lease, in milliseconds. Default: without end. */
  readonly maxHold?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Where a lease that comes of it stands until its end. Default: nowhere. */
  readonly outstanding?: Outstanding | undefined;
}

/** Attempts to be granted a lock, each safe to be answered late, twice, or not at all; and what came of them. */
export class Attempts {
  readonly #options: AttemptsOptions & LeaseContext;
  /** Ends attempts and leases alike. Many may wait on it at once. */
  readonly #closing = hooked(new AbortController());
  readonly #abandoning = new Set<Promise<void>>();
  /** How many attempts are under way, and what tells those who wait for the last of them. */
  #underWay = 0;
  #idle: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  constructor(options: AttemptsOptions) {
    this.#options = {
      ...options,
      renewals: renewalsOf(options.provider, options.clock),
      closing: this.#closing.signal,
    };
    // Waits listen to it, and there may be many at once.
    setMaxListeners(Infinity, this.#closing.signal);
  }

  /** Aborts when the app closes. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /**
   * What the store calls a lock.
   *
   * @throws ConfigurationError if it could not hold that name.
   */
  qualify(lock: string): string {
    const { namespace } = this.#options;
    const name = typeof lock !== 'string' || lock === '' || namespace === '' ? lock : `${namespace}/${lock}`;
    const problem = lockNameProblem(name);
    if (problem !== null) throw new ConfigurationError(problem);
    return name;
  }

  /** Not split into two of which one counts: that would be a promise more for each attempt. */
  async make(lock: string, attempt: Attempt): Promise<HeldLease | LeaseRefusal> {
    const { timing, claim, maxHold, signal, outstanding } = attempt;
    this.#underWay++;
    try {
      const { clock, provider, random, emit } = this.#options;
      const request = this.#request(lock, timing.ttl, claim);
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
          return this.#outcome(answer, request, { lock, timing, maxHold, sentAt, outstanding });
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
    } finally {
      if (--this.#underWay === 0) this.#onIdle?.();
    }
  }

  /**
   * Ends what the leases still hold of this process: their renewals, timers and calls. Resolves when the attempts that were
   * under way have given back what they may have been granted.
   */
  async close(): Promise<void> {
    this.#closing.abort(new LeasesClosedError());
    if (this.#underWay > 0) await (this.#idle ??= new Promise((resolve) => (this.#onIdle = resolve)));
    await Promise.all(this.#abandoning);
  }

  /** Emits what came of an attempt. Throws if the answer is of no use. */
  #outcome(
    answer: LeaseGrant | LeaseRefusal,
    request: AcquireRequest,
    attempted: Attempted,
  ): HeldLease | LeaseRefusal {
    const { provider, emit } = this.#options;
    const { lock, timing, maxHold, sentAt, outstanding } = attempted;
    assertAnswer(answer, request, provider.name);
    if (isRefusal(answer)) {
      emit({ type: 'refused', lock, refusal: answer });
      return answer;
    }
    this.#closing.signal.throwIfAborted();
    if (sentAt.elapsed() < timing.trustedFor) {
      const options = { context: this.#options, outstanding, timing, sentAt, maxHold };
      const lease = new HeldLease(lock, answer, options);
      emit({ type: 'acquired', lock, fencingToken: answer.fencingToken });
      return lease;
    }
    throw new StoreError(`The lease on "${lock}" was granted too late to be of use.`, { kind: 'transient' });
  }

  #request(lock: string, ttl: number, claim: SlotClaim | undefined): AcquireRequest {
    const { random, instance } = this.#options;
    return {
      lock: this.qualify(lock),
      grantId: random.uuid(),
      holder: instance,
      ttl,
      ...(claim && { job: claim }),
    };
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

interface Attempted extends Pick<Attempt, 'timing' | 'maxHold' | 'outstanding'> {
  readonly lock: string;
  /** Begun before the attempt was sent. */
  readonly sentAt: Stopwatch;
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
