import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { MAX_DELAY, type Timer } from '../../src/time/clock.js';
import { SystemClock } from '../../src/time/system-clock.js';

const clock = new SystemClock();

function passed(delay: number): Promise<number> {
  const start = clock.monotonic();
  return new Promise((resolve) => {
    clock.setTimer(delay, () => resolve(clock.monotonic() - start), true);
  });
}

/** What keeps the process alive, of timers alone. */
function timersHeld(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
}

describe('the clock of this machine', () => {
  it('tells the time of the epoch', () => {
    expect(Math.abs(clock.wall() - Date.now())).toBeLessThan(1_000);
  });

  it('never goes back', () => {
    let last = clock.monotonic();
    for (let n = 0; n < 10_000; n++) {
      const now = clock.monotonic();
      expect(now >= last).toBe(true);
      last = now;
    }
  });

  it('waits for as long as it was asked to', async () => {
    // A timer of Node may be a millisecond early, for it counts whole ones.
    expect(await passed(30)).toBeGreaterThanOrEqual(29);
  });

  it('calls in the next turn what has not to wait, unless that is cancelled', async () => {
    const called: string[] = [];
    const cancelled = clock.setTimer(0, () => called.push('cancelled'), true);
    clock.setTimer(-1, () => called.push('next turn'), true);
    cancelled.cancel();
    expect(called).toEqual([]);
    await nextTurn();
    expect(called).toEqual(['next turn']);
  });

  it('goes on as fast as the clock of the process, while nothing is suspended', async () => {
    const [monotonic, process] = [clock.monotonic(), performance.now()];
    await passed(50);
    const drift = clock.monotonic() - monotonic - (performance.now() - process);
    expect(Math.abs(drift)).toBeLessThan(30);
  });

  it('takes no time for a suspension in which its process was stopped while it was made', () => {
    let now = 1_000;
    let stops = 1;
    const stopped = new SystemClock({
      now: () => now,
      uptime: () => {
        const up = 70_000 + now;
        if (stops-- > 0) now += 500;
        return up;
      },
    });
    const ahead = stopped.monotonic() - now;
    now += 1_000;
    expect(stopped.monotonic() - now).toBe(ahead);
  });

  it('goes on while the machine is suspended, and stays on afterwards', () => {
    const time = { running: 1_000, asleep: 0 };
    const suspendable = new SystemClock({
      now: () => time.running,
      // In steps of 10 ms, as Linux tells it.
      uptime: () => 70_000 + Math.floor((time.running + time.asleep) / 10) * 10,
    });
    const start = suspendable.monotonic();
    time.running += 100;
    expect(suspendable.monotonic() - start).toBe(100);
    time.asleep += 30_000;
    time.running += 5;
    expect(Math.abs(suspendable.monotonic() - start - 30_105)).toBeLessThanOrEqual(10);
    time.running += 1_000;
    expect(Math.abs(suspendable.monotonic() - start - 31_105)).toBeLessThanOrEqual(10);
  });

  it('does not fire a timer that was cancelled', async () => {
    let fired = false;
    const timer = clock.setTimer(1, () => (fired = true), false);
    timer.cancel();
    timer.cancel();
    await passed(10);
    expect(fired).toBe(false);
  });

  it('does not fire at once a timer that is longer than the longest', async () => {
    const fired: number[] = [];
    const timers = [MAX_DELAY, MAX_DELAY + 1, Number.POSITIVE_INFINITY].map((delay) =>
      clock.setTimer(delay, () => fired.push(delay), false),
    );
    await passed(10);
    for (const timer of timers) timer.cancel();
    expect(fired).toEqual([]);
  });

  it.each([
    [true, 1],
    [false, 0],
  ])('keeps the process alive by a timer: %s', (keepAlive, held) => {
    const before = timersHeld();
    const timer: Timer = clock.setTimer(10_000, () => undefined, keepAlive);
    try {
      expect(timersHeld() - before).toBe(held);
    } finally {
      timer.cancel();
    }
  });
});
