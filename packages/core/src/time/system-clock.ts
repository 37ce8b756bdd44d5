import { uptime } from 'node:os';
import { performance } from 'node:perf_hooks';
import { type Clock, MAX_DELAY, type Timer } from './clock.js';

/**
 * The clock of this machine.
 *
 * `performance.now()` is precise but stands still while the machine is suspended. `os.uptime()` counts the suspension
 * but is coarse. This clock is the first plus all the time by which the second has run ahead of it.
 */
export class SystemClock implements Clock {
  readonly #origin = uptimeAheadOfPerformance();
  #suspended = 0;

  wall(): number {
    return Date.now();
  }

  monotonic(): number {
    const ahead = uptimeAheadOfPerformance() - this.#origin;
    if (ahead - this.#suspended > UPTIME_GRANULARITY) this.#suspended = ahead;
    return performance.now() + this.#suspended;
  }

  setTimer(delay: number, callback: () => void, keepAlive: boolean): Timer {
    const timer = setTimeout(callback, Math.min(Math.max(delay, 0), MAX_DELAY));
    if (!keepAlive) timer.unref();
    return {
      cancel: () => {
        clearTimeout(timer);
      },
    };
  }
}

/** Uptime is read first: a process stopped between the two readings then takes itself to be later, not earlier. */
function uptimeAheadOfPerformance(): number {
  const up = uptime() * 1_000;
  return up - performance.now();
}

/** Linux reports uptime in steps of 10 ms, other systems in steps of up to a second. */
const UPTIME_GRANULARITY = process.platform === 'linux' ? 25 : 1_100;
