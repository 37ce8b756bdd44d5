import { AsyncResource } from 'node:async_hooks';
import type { Clock, Timer } from '../time/clock.js';
import { DueQueue } from './due-queue.js';

/**
 * Tells when items are due, with one timer for all of them.
 *
 * It looks at the wall clock at least once a minute. So a slot years ahead needs no long timer, and a clock that was
 * stepped or a machine that slept makes a slot late by no more than that.
 *
 * A clock that was set back would leave everything queued for as long as the step: who queues is told of that within a minute,
 * and queues anew.
 *
 * While anything is queued the process is kept alive, as by a server that listens: a worker that has nothing else to
 * do would otherwise end, silently and with code 0, before its first slot.
 */
export class Ticker<T> {
  readonly #clock: Clock;
  readonly #onDue: (item: T, at: number) => void;
  readonly #onSetBack: () => void;
  readonly #queue = new DueQueue<T>();
  /** A timer runs in the context of whoever has set it: without this, of the request that has added a job. */
  readonly #scope = new AsyncResource('LeasedJobsTicker');
  #timer: Timer | undefined;
  #wakesAt = Infinity;
  /** By how much the wall clock was ahead of the monotonic one at the last look, in milliseconds. */
  #lead = -Infinity;
  #state: 'new' | 'ticking' | 'stopped' = 'new';

  /** `onSetBack` is called when the queue has been emptied because the wall clock was set back. Neither may throw. */
  constructor(clock: Clock, onDue: (item: T, at: number) => void, onSetBack: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
    this.#onSetBack = onSetBack;
  }

  /** Calls `onDue`, which must not throw, with the item and `at` once the wall clock has reached `at`, in epoch milliseconds. */
  push(at: number, item: T): void {
    if (this.#state === 'stopped') return;
    this.#queue.push(at, item);
    if (this.#state === 'ticking' && at < this.#wakesAt) this.#arm();
  }

  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'ticking';
    this.#lead = this.#clock.wall() - this.#clock.monotonic();
    this.#arm();
  }

  stop(): void {
    this.#state = 'stopped';
    this.#timer?.cancel();
    this.#queue.clear();
  }

  #arm(atLeast = 1): void {
    this.#timer?.cancel();
    if (this.#queue.nextAt === Infinity) {
      this.#wakesAt = Infinity;
      return;
    }
    const now = this.#clock.wall();
    this.#wakesAt = Math.min(this.#queue.nextAt, now + MAX_SLEEP);
    // A timer may fire a millisecond early, and would then fire again and again until the slot is reached.
    const delay = Math.max(atLeast, Math.ceil(this.#wakesAt - now));
    this.#timer = this.#clock.setTimer(delay, () => this.#scope.runInAsyncScope(() => this.#tick()), true);
  }

  #wasSetBack(now: number): boolean {
    const before = this.#lead;
    this.#lead = now - this.#clock.monotonic();
    return before - this.#lead > SET_BACK;
  }

  #tick(): void {
    const now = this.#clock.wall();
    this.#wakesAt = -Infinity;
    if (this.#wasSetBack(now)) {
      this.#queue.clear();
      this.#onSetBack();
    }
    // Those that become due meanwhile, and those beyond a share, wait for the next turn, so that I/O gets its own.
    let told = 0;
    for (; told < SHARE; told++) {
      const at = this.#queue.nextAt;
      const item = this.#queue.popDue(now);
      if (item === undefined) break;
      this.#onDue(item, at);
    }
    if (this.#state === 'ticking') this.#arm(told === SHARE ? 0 : 1);
  }
}

/** Milliseconds, both. */
const MAX_SLEEP = 60_000;
const SET_BACK = 1_000;
/**
 * How many items are told of in one turn of the event loop. Of ten thousand that are due at once, those that came first are
 * then through, and what they took is used again, before the last are told: that costs a fifth of telling all at once.
 */
const SHARE = 64;
