import { asError, LeaseLostError, LeaseReleasedError, type LossReason, StoreError } from '../errors.js';
import { sleep } from '../time/sleep.js';
import { Stopwatch } from '../time/stopwatch.js';
import type { Timer } from '../time/clock.js';
import { type AbortHook, hooked, onAbort } from './abort-hooks.js';
import { guardedAbortController } from './guarded-signal.js';
import type { LeaseContext } from './lease-context.js';
import type { Keeping, KeepingListener } from './lease-keeper.js';
import type { LeaseGrant, ReleaseNote } from './lease-provider.js';
import type { LeaseTiming } from './lease-timing.js';
import type { Lease } from './lease.js';
import type { Outstanding, Place } from './outstanding.js';
import { callStore } from './store-call.js';

/**
 * Keeps a granted lease alive, and stops trusting it in time.
 *
 * One timer, for whatever comes next: the renewal, every third of the ttl, or, while one is under way, the validity
 * deadline, which comes however long the renewal hangs. It reads the clock before it believes that it is on time, and
 * looks at it every second as well: timers stand still while a machine sleeps, and the lease does not.
 */
export class HeldLease implements Lease {
  readonly #context: LeaseContext;
  readonly #grant: LeaseGrant;
  readonly #timing: LeaseTiming;
  readonly #closing: AbortHook;
  /** Where it stands until it is lost, or given back. */
  readonly #outstanding: Outstanding | undefined;
  readonly #place: Place | undefined;
  /** Begun before the last successful grant or renewal was sent. */
  #sentAt: Stopwatch;
  /** Who renews it in our stead, if somebody does. */
  #keeping: Keeping | null = null;
  #keepingEnded: Promise<void> | undefined;
  #timer: Timer | undefined;
  /** When to renew, in milliseconds of `sentAt`. While a renewal is under way there is no next one. */
  #renewAt = Infinity;
  #renewing: Promise<void> | undefined;
  /** Ends the renewal in flight. It says nothing to the holder. Made for the first: most leases are never renewed. */
  #renewal: AbortController | undefined;
  /** Made when somebody first asks for it: most runs are over before anybody does. */
  #controller: AbortController | undefined;
  #onLost: ((error: LeaseLostError) => void) | undefined;
  #stopped = false;
  #abandoned = false;
  #renewFailure: Error | undefined;
  #lost: LeaseLostError | undefined;
  #released: Promise<void> | undefined;

  constructor(
    readonly lock: string,
    grant: LeaseGrant,
    options: {
      readonly context: LeaseContext;
      readonly timing: LeaseTiming;
      readonly sentAt: Stopwatch;
      /** Milliseconds. Only for a keeper: a holder that renews by itself ends by itself, too. */
      readonly maxHold?: number | undefined;
      readonly outstanding?: Outstanding | undefined;
    },
  ) {
    const { context, timing, sentAt, maxHold, outstanding } = options;
    this.#context = context;
    this.#grant = grant;
    this.#timing = timing;
    this.#sentAt = sentAt;
    // Before anything that may find it lost, and would take it away from there.
    this.#outstanding = outstanding;
    this.#place = outstanding?.add(this);
    this.#closing = onAbort(context.closing, () => this.#close());
    if (context.keeper) {
      this.#keeping = context.keeper.keep({ lock, grant, timing, sentAt, maxHold }, this.#keepingListener());
    }
    this.#keep();
  }

  /** Begun before the last grant or renewal that is known to have succeeded was sent. */
  get sentAt(): Stopwatch {
    return this.#keeping?.sentAt ?? this.#sentAt;
  }

  get fencingToken(): number {
    return this.#grant.fencingToken;
  }

  /** As the store told with the grant. */
  get lastSlot(): number | null {
    return this.#grant.lastSlot;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = guardedAbortController((thrown) => {
        this.#context.emit({ type: 'listener-failed', lock: this.lock, error: asError(thrown) });
      });
      if (this.#lost) this.#controller.abort(this.#lost);
    }
    return this.#controller.signal;
  }

  get remaining(): number {
    if (this.#lost || this.#released) return 0;
    return Math.max(0, this.#timing.trustedFor - this.sentAt.elapsed());
  }

  throwIfLost(): void {
    if (this.#released) throw new LeaseReleasedError(this.lock);
    this.#checkClock();
    if (this.#lost) throw this.#lost;
  }

  /** Whether the holder has been, or would now be, told that the lease is lost. Reads the clock. */
  get lost(): LeaseLostError | undefined {
    if (!this.#released) this.#checkClock();
    return this.#lost;
  }

  release(note: ReleaseNote = {}): Promise<void> {
    this.#released ??= this.#release(note);
    return this.#released;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  /** Calls `listener` once the lease is lost, before the signal aborts. There is one listener at most: the run. */
  onLost(listener: (error: LeaseLostError) => void): void {
    if (this.#lost) listener(this.#lost);
    else this.#onLost = listener;
  }

  /**
   * Renews no more, and gives nothing back: what still goes on under this lease is protected until its ttl ends. Resolves
   * when no renewal is under way. Never rejects.
   */
  async abandon(): Promise<void> {
    this.#abandoned = true;
    this.#stop();
    await this.#renewing;
    await this.#keepingEnded;
  }

  /** Sees to the next renewal. If a keeper does, what is left to do is to look at the clock. */
  #keep(): void {
    const elapsed = this.sentAt.elapsed();
    if (this.#keeping) this.#arm(elapsed);
    else this.#renewAfter(this.#timing.renewEvery - elapsed, elapsed);
  }

  #keepingListener(): KeepingListener {
    const { lock, fencingToken } = this;
    const { emit } = this.#context;
    return {
      renewed: () => {
        this.#renewFailure = undefined;
        emit({ type: 'renewed', lock, fencingToken });
      },
      failed: (error) => {
        this.#renewFailure = error;
        emit({ type: 'store-failed', lock, operation: 'renew', error });
      },
      lost: (reason) => {
        if (!this.#checkClock()) this.#lose(reason, this.#renewFailure);
      },
      gone: () => {
        if (this.#checkClock()) return;
        this.#sentAt = this.sentAt;
        this.#keeping = null;
        this.#keep();
      },
    };
  }

  /** Has the lease renewed after `delay` milliseconds, or a little earlier, together with others. */
  #renewAfter(delay: number, elapsed = this.sentAt.elapsed()): void {
    this.#renewAt = elapsed + this.#context.renewals.delayOf(delay, this.#timing.ttl);
    this.#arm(elapsed);
  }

  #arm(elapsed: number): void {
    const next = Math.min(this.#renewAt, this.#timing.trustedFor) - elapsed;
    // A delay that is lost in the rounding of the clock's readings would be over at once, again and again.
    const delay = Math.min(next > 0 ? Math.max(next, MIN_DELAY) : next, MAX_UNWATCHED);
    this.#timer?.cancel();
    this.#timer = this.#context.clock.setTimer(delay, () => this.#look(), true);
  }

  #look(): void {
    if (this.#checkClock()) return;
    const elapsed = this.sentAt.elapsed();
    // A timer may fire a millisecond early.
    if (elapsed + 1 >= this.#renewAt) {
      this.#renewAt = Infinity;
      this.#renewing = this.#renew();
      if (this.#stopped) return; // It has looked at the clock as well.
    }
    this.#arm(elapsed);
  }

  /** Returns whether the lease is lost, after a look at the clock. */
  #checkClock(): boolean {
    if (this.#lost) return true;
    if (this.#keeping?.isTaken) this.#lose('taken');
    else if (this.sentAt.elapsed() >= this.#timing.trustedFor) {
      this.#lose(this.#renewFailure || this.#renewing ? 'unknown' : 'expired', this.#renewFailure);
    }
    return this.#lost !== undefined;
  }

  async #renew(): Promise<void> {
    if (this.#checkClock()) return;
    const { clock, renewals, emit } = this.#context;
    const { ttl, trustedFor, tryTimeout } = this.#timing;
    const sentAt = new Stopwatch(clock);
    this.#renewal ??= hooked(new AbortController());
    try {
      const renewed = await renewals.renew({
        lock: this.lock,
        grant: this.#grant,
        ttl,
        timeout: Math.min(tryTimeout, this.remaining),
        signal: this.#renewal.signal,
      });
      if (this.#stopped) return;
      this.#renewing = undefined;
      if (!renewed) {
        this.#lose('taken');
      } else if (sentAt.elapsed() >= trustedFor) {
        // The store agreed, but so long ago that it may have changed its mind since.
        this.#lose('expired');
      } else {
        this.#sentAt = sentAt;
        this.#renewFailure = undefined;
        this.#keep();
        emit({ type: 'renewed', lock: this.lock, fencingToken: this.fencingToken });
      }
    } catch (thrown) {
      if (this.#stopped) return;
      this.#renewing = undefined;
      this.#renewFailure = asError(thrown);
      emit({ type: 'store-failed', lock: this.lock, operation: 'renew', error: this.#renewFailure });
      if (!this.#checkClock()) this.#renewAfter(this.#retryDelay(this.#renewFailure));
    }
  }

  /** A store that is away is asked again soon; one that refuses us, no more often than it would be anyway. */
  #retryDelay(error: Error): number {
    const { renewEvery } = this.#timing;
    if (error instanceof StoreError && error.kind === 'transient') {
      return Math.min(renewEvery / 4, MAX_RETRY_DELAY) * (0.5 + this.#context.random.next());
    }
    return renewEvery;
  }

  /** The app closes. Nobody will renew this lease any more, so its holder must not trust it either. */
  #close(): void {
    this.#lose('closed');
  }

  #lose(reason: LossReason, cause?: Error): void {
    const error = new LeaseLostError(this.lock, reason, cause && { cause });
    this.#lost = error;
    this.#stop();
    if (this.#place) this.#outstanding?.remove(this.#place);
    this.#context.emit({ type: 'lost', lock: this.lock, fencingToken: this.fencingToken, reason, error });
    this.#onLost?.(error);
    this.#controller?.abort(error);
  }

  #stop(): void {
    this.#timer?.cancel();
    this.#closing.remove();
    this.#stopped = true;
    this.#renewal?.abort(STOPPED);
    this.#keepingEnded ??= this.#keeping?.end();
  }

  /** One function for all of it: each release would pay for a promise more. */
  async #release(note: ReleaseNote): Promise<void> {
    try {
      this.#stop();
      // No renewal may reach the store after the release.
      if (this.#renewing) await this.#renewing;
      if (this.#keepingEnded) await this.#keepingEnded;
      const { clock, provider, emit, closing } = this.#context;
      for (;;) {
        try {
          await callStore(clock, {
            operation: `release the lease on "${this.lock}"`,
            provider: provider.name,
            timeout: this.#timing.tryTimeout,
            send: (signal) => provider.release(this.#grant, note, signal),
          });
          emit({ type: 'released', lock: this.lock, fencingToken: this.fencingToken });
          return;
        } catch (thrown) {
          const error = asError(thrown);
          emit({ type: 'store-failed', lock: this.lock, operation: 'release', error });
          const delay = this.#releaseRetryDelay(error);
          if (delay === null) return;
          await sleep(clock, delay, closing, true);
          if (closing.aborted) return;
        }
      }
    } finally {
      // Whoever waits for its end waits for the store's answer too: afterwards the store may be out of reach.
      if (this.#place) this.#outstanding?.remove(this.#place);
    }
  }

  /** In how many milliseconds a release that has failed is worth another try; `null`: never. */
  #releaseRetryDelay(error: Error): number | null {
    // What is denied now will be denied then.
    if (!(error instanceof StoreError) || error.kind !== 'transient') return null;
    const delay = this.#retryDelay(error);
    // After its ttl the lease is gone at the store as well; after a loss or a shutdown, one try is a courtesy.
    const isOver = this.#lost || this.#abandoned || this.sentAt.elapsed() + delay >= this.#timing.ttl;
    return isOver ? null : delay;
  }
}

/** A reason that nobody sees: an error here would cost its stack at every release. */
const STOPPED = 'the lease is not renewed any more';

/** Milliseconds, all. */
const MIN_DELAY = 0.01;
const MAX_UNWATCHED = 1_000;
const MAX_RETRY_DELAY = 1_000;
