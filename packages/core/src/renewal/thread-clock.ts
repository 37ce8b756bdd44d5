import { uptime } from 'node:os';
import { performance } from 'node:perf_hooks';
import { type Clock } from '../time/clock.js';
import { SystemClock } from '../time/system-clock.js';

/** By how much a clock is ahead of what all threads of a process see alike, in milliseconds. */
export function aheadOfThreads(clock: Clock): number {
  return clock.monotonic() - threadTime();
}

/** The clock of this machine, reading alike in another thread of this process, whose clock is that much ahead. */
export function threadClock(ahead: number): Clock {
  const offset = ahead + threadTime() - performance.now();
  return new SystemClock({ now: () => performance.now() + offset, uptime: () => uptime() * 1_000 });
}

/** Every thread counts `performance.now()` from its own start, and `hrtime` from that of the machine. */
function threadTime(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
