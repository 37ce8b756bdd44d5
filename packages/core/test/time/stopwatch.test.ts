import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Clock } from '../../src/time/clock.js';
import { Stopwatch } from '../../src/time/stopwatch.js';

class SetClock implements Pick<Clock, 'wall' | 'monotonic'> {
  wallNow = 1_000_000;
  monotonicNow = 500;
  wall = () => this.wallNow;
  monotonic = () => this.monotonicNow;
}

function started(): { readonly clock: SetClock; readonly stopwatch: Stopwatch } {
  const clock = new SetClock();
  const setTimer = () => ({ cancel: () => undefined });
  return { clock, stopwatch: new Stopwatch(Object.assign(clock, { setTimer })) };
}

describe('a stopwatch', () => {
  it('counts from the moment of its making', () => {
    const { clock, stopwatch } = started();
    expect(stopwatch.elapsed()).toBe(0);
    clock.wallNow += 250;
    clock.monotonicNow += 250;
    expect(stopwatch.elapsed()).toBe(250);
  });

  it('counts a jump forward of the wall clock, for the machine may have been paused', () => {
    const { clock, stopwatch } = started();
    clock.wallNow += 10_000;
    clock.monotonicNow += 250;
    expect(stopwatch.elapsed()).toBe(10_000);
  });

  it('does not count less because the wall clock was set back', () => {
    const { clock, stopwatch } = started();
    clock.wallNow -= 3_600_000;
    clock.monotonicNow += 250;
    expect(stopwatch.elapsed()).toBe(250);
  });

  it('never counts less than has passed, however the wall clock is stepped', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 10_000 }), fc.integer())), (changes) => {
        const { clock, stopwatch } = started();
        let passed = 0;
        for (const [ms, step] of changes) {
          passed += ms;
          clock.monotonicNow += ms;
          clock.wallNow += ms + step;
          expect(stopwatch.elapsed()).toBeGreaterThanOrEqual(passed);
        }
      }),
    );
  });
});
