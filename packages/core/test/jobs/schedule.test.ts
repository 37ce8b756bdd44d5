import { describe, expect, it } from '@jest/globals';
import { ConfigurationError, interval, MAX_INTERVAL } from '@leased-jobs/core';
import fc from 'fast-check';
import { latestSlot } from '../../src/jobs/schedule.js';

const periods = fc.integer({ min: 1, max: MAX_INTERVAL });
const moments = fc.integer({ min: 0, max: 4_000_000_000_000 });

describe('an interval', () => {
  it('has a slot every period, wherever one begins to look', () => {
    fc.assert(
      fc.property(periods, moments, fc.string(), (ms, after, job) => {
        const schedule = interval(ms);
        const slot = schedule.next(after, job);
        expect(slot).toBeGreaterThan(after);
        expect(slot - after).toBeLessThanOrEqual(ms);
        expect(schedule.next(slot - 1, job)).toBe(slot);
        expect(schedule.next(slot, job)).toBe(slot + ms);
      }),
    );
  });

  it('spreads jobs over its period by their names', () => {
    const slots = Array.from({ length: 100 }, (_, n) => interval(60_000).next(0, `job ${n}`));
    const perTenth = Array.from(
      { length: 10 },
      (_, tenth) => slots.filter((slot) => Math.floor((slot - 1) / 6_000) === tenth).length,
    );
    expect(Math.max(...perTenth)).toBeLessThan(25);
  });

  it('keeps its slots for ever: a release that moved them would run jobs twice', () => {
    expect(interval(60_000).next(0, 'newsletter')).toBe(48_250);
  });

  it.each([0, -1, Number.NaN, Infinity, 1.5, MAX_INTERVAL + 1, '5s', null, undefined])(
    'cannot be %p ms',
    (ms) => {
      expect(() => interval(ms as number)).toThrow(ConfigurationError);
    },
  );
});

describe('the latest slot', () => {
  it('is the last one that is due, however many were missed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        moments,
        fc.nat({ max: 10_000_000 }),
        (ms, after, span) => {
          const schedule = interval(ms);
          const now = after + span;
          const slot = latestSlot(schedule, 'job', after, now);
          if (slot === null) {
            expect(schedule.next(after, 'job')).toBeGreaterThan(now);
          } else {
            expect(slot).toBeGreaterThan(after);
            expect(slot).toBeLessThanOrEqual(now);
            expect(schedule.next(slot, 'job')).toBeGreaterThan(now);
          }
        },
      ),
    );
  });
});
