import { uptime } from 'node:os';
import { performance } from 'node:perf_hooks';
import { type Clock, MAX_DELAY, type Timer } from './clock.js';

/**
 * The clock of this machine.
 *
 * `performance.now()` is precise but stands still while the machine is suspended. `os.uptime()` counts the suspension
 * but is coarse. This clock is the first plus all the time by which the second has run ahead of it.
 *
 * Asking for the uptime costs ten times as much as the rest of a reading, so it is asked for once in 5 ms of running
 * time. A suspension that falls between two readings so close to each other is seen by the wall clock, which every
 * `Stopwatch` reads as well, and by this one 5 ms later.
 */
export class SystemClock implements Clock {
  readonly #origin: number;
  #suspended = 0;
  #uptimeAskedAt: number;

  readonly #source: TimeSource;

  /** `source` is for tests: nobody can suspend a machine in one. */
  constructor(source: TimeSource = { now: () => performance.now(), uptime: () => uptime() * 1_000 }) {
    this.#source = source;
    // The two are read at one moment, or read again: a process that is stopped in between would take that time for a
    // suspension later on, and be ahead of the clocks of its other threads.
    let before: number;
    let up: number;
    let tries = 0;
    do {
      before = source.now();
      up = source.uptime();
      this.#uptimeAskedAt = source.now();
    } while (this.#uptimeAskedAt - before > ONE_MOMENT && ++tries < MAX_TRIES);
    this.#origin = up - this.#uptimeAskedAt;
  }

  wall(): number {
    return Date.now();
  }

  monotonic(): number {
    const now = this.#source.now();
    if (now - this.#uptimeAskedAt < UPTIME_EVERY) return now + this.#suspended;
    // Uptime is read before the time that it is held against: a process that is stopped between the two readings then
    // takes less of its time for a suspension, not more.
    const up = this.#source.uptime();
    this.#uptimeAskedAt = this.#source.now();
    const ahead = up - this.#uptimeAskedAt - this.#origin;
    if (ahead - this.#suspended > UPTIME_GRANULARITY) this.#suspended = ahead;
    return this.#uptimeAskedAt + this.#suspended;
  }

  setTimer(delay: number, callback: () => void, keepAlive: boolean): Timer {
    if (delay <= 0) {
      // A timer of Node would wait for a millisecond.
      const immediate = setImmediate(callback);
      if (!keepAlive) immediate.unref();
      return { cancel: () => clearImmediate(immediate) };
    }
    const timer = setTimeout(callback, Math.min(Math.max(delay, 0), MAX_DELAY));
    if (!keepAlive) timer.unref();
    return {
      cancel: () => {
        clearTimeout(timer);
      },
    };
  }
}

/** Milliseconds, both. `now` may stand still during a suspension; `uptime` does not. */
export interface TimeSource {
  now(): number;
  uptime(): number;
}

/** Linux reports uptime in steps of 10 ms, other systems in steps of up to a second. */
const UPTIME_GRANULARITY = process.platform === 'linux' ? 25 : 1_100;

/** Milliseconds, both. */
const UPTIME_EVERY = 5;
const ONE_MOMENT = 1;
const MAX_TRIES = 10;
