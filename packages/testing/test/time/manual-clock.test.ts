import { describe, expect, it } from '@jest/globals';
import { MAX_DELAY } from '@leased-jobs/core';
import { ManualClock } from '@leased-jobs/testing';

const START = Date.UTC(2030, 0, 1);

describe('a manual clock', () => {
  it('stands still until it is told to go on', async () => {
    const clock = new ManualClock();
    expect([clock.wall(), clock.monotonic()]).toEqual([START, 0]);
    await clock.advance(1_500);
    expect([clock.wall(), clock.monotonic()]).toEqual([START + 1_500, 1_500]);
  });

  it('begins at the moment that it is given', () => {
    expect(new ManualClock(42).wall()).toBe(42);
  });

  it('fires timers at their times and in their order, those of one time as they were set', async () => {
    const clock = new ManualClock();
    const fired: string[] = [];
    const set = (delay: number, name: string) =>
      clock.setTimer(delay, () => fired.push(`${name} at ${clock.monotonic()}`), false);
    set(30, 'late');
    set(10, 'first');
    set(10, 'second');
    set(-5, 'overdue');
    set(31, 'beyond');
    await clock.advance(30);
    expect(fired).toEqual(['overdue at 0', 'first at 10', 'second at 10', 'late at 30']);
  });

  it('lets promise chains settle between two timers', async () => {
    const clock = new ManualClock();
    const events: string[] = [];
    const chain = async () => {
      for (let link = 0; link < 50; link++) await Promise.resolve();
      events.push(`settled at ${clock.monotonic()}`);
    };
    clock.setTimer(10, () => void chain(), false);
    clock.setTimer(11, () => events.push('next timer'), false);
    await clock.advance(11);
    expect(events).toEqual(['settled at 10', 'next timer']);
  });

  it('fires what a timer or its promises set, if that is due in the same advance', async () => {
    const clock = new ManualClock();
    const ticks: number[] = [];
    const tick = async () => {
      ticks.push(clock.monotonic());
      await Promise.resolve();
      clock.setTimer(10, () => void tick(), false);
    };
    await tick();
    await clock.advance(35);
    expect(ticks).toEqual([0, 10, 20, 30]);
  });

  it('fires no timer that was cancelled, even by another of the same time', async () => {
    const clock = new ManualClock();
    const fired: string[] = [];
    clock.setTimer(10, () => second.cancel(), false);
    const second = clock.setTimer(10, () => fired.push('second'), false);
    const third = clock.setTimer(20, () => fired.push('third'), false);
    third.cancel();
    third.cancel();
    await clock.advance(100);
    expect(fired).toEqual([]);
  });

  it('tells which timers are set, and which keep the process alive', async () => {
    const clock = new ManualClock();
    clock.setTimer(20, () => undefined, false);
    clock.setTimer(10, () => undefined, true);
    expect(clock.pending).toEqual([
      { due: 10, keepAlive: true },
      { due: 20, keepAlive: false },
    ]);
    await clock.advance(10);
    expect(clock.pending).toEqual([{ due: 20, keepAlive: false }]);
  });

  it('steps its wall time alone', async () => {
    const clock = new ManualClock();
    let fired = false;
    clock.setTimer(10, () => (fired = true), false);
    clock.stepWall(3_600_000);
    clock.stepWall(-7_200_000);
    await clock.advance(5);
    expect([clock.wall(), clock.monotonic(), fired]).toEqual([START - 3_600_000 + 5, 5, false]);
  });

  it('fires late, and all at one moment, what was due while it was frozen', async () => {
    const clock = new ManualClock();
    const fired: string[] = [];
    for (const delay of [10, 20, 200]) {
      clock.setTimer(delay, () => fired.push(`${delay} at ${clock.monotonic()}`), false);
    }
    await clock.freeze(100);
    expect(fired).toEqual(['10 at 100', '20 at 100']);
    expect(clock.wall()).toBe(START + 100);
  });

  it('wakes up in any order, and past timers that the first of them cancels', async () => {
    const clock = new ManualClock();
    const fired: number[] = [];
    const first = clock.setTimer(10, () => fired.push(10), false);
    clock.setTimer(20, () => fired.push(20), false);
    clock.setTimer(
      30,
      () => {
        fired.push(30);
        first.cancel();
      },
      false,
    );
    await clock.freeze(100, (overdue) => overdue.toReversed());
    expect(fired).toEqual([30, 20]);
  });

  it('rejects with what a timer throws, and goes on where it was', async () => {
    const clock = new ManualClock();
    clock.setTimer(
      10,
      () => {
        throw new Error('a bad timer');
      },
      false,
    );
    await expect(clock.advance(20)).rejects.toThrow('a bad timer');
    expect(clock.monotonic()).toBe(10);
    await clock.advance(10);
    expect(clock.monotonic()).toBe(20);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('refuses to go on by %d ms', async (ms) => {
    const clock = new ManualClock();
    await expect(clock.advance(ms)).rejects.toThrow(RangeError);
    await expect(clock.freeze(ms)).rejects.toThrow(RangeError);
  });

  it.each([MAX_DELAY + 1, Number.NaN])('refuses a timer of %d ms, which Node would fire at once', (delay) => {
    expect(() => new ManualClock().setTimer(delay, () => undefined, false)).toThrow(RangeError);
  });
});
