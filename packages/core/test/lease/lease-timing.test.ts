import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ConfigurationError } from '../../src/errors.js';
import type { LeaseLimits } from '../../src/lease/lease-provider.js';
import { leaseTiming, shortestTtl } from '../../src/lease/lease-timing.js';

const LIMITS: LeaseLimits = { minTtl: 100, maxTtl: 3_600_000, granularity: 50, excludes: 'cluster' };

const anyLimits = fc
  .record({ minTtl: fc.integer({ min: 1, max: 20_000 }), granularity: fc.integer({ min: 0, max: 2_000 }) })
  .map((some): LeaseLimits => ({ ...LIMITS, ...some }));

function accepts(ttl: number, limits: LeaseLimits): boolean {
  try {
    leaseTiming(ttl, limits, 'test');
    return true;
  } catch {
    return false;
  }
}

describe('the timing of a lease', () => {
  it('keeps to the steps in which a store can grant', () => {
    const blobs: LeaseLimits = {
      minTtl: 15_000,
      maxTtl: 60_000,
      ttlStep: 1_000,
      granularity: 1_000,
      excludes: 'cluster',
    };
    expect(accepts(16_000, blobs)).toBe(true);
    expect(() => leaseTiming(15_500, blobs, 'azure-blob')).toThrow(
      'A ttl of 15500 ms cannot be had from the azure-blob backend. Choose a multiple of 1000 ms from 15000 to 60000.',
    );
    expect(shortestTtl({ ...LIMITS, ttlStep: 1_000 }) % 1_000).toBe(0);
  });

  it('leaves room for two full tries to renew before the validity deadline, for every ttl it accepts', () => {
    fc.assert(
      fc.property(anyLimits, fc.nat({ max: 3_600_000 }), (limits, more) => {
        const ttl = Math.min(shortestTtl(limits) + more, limits.maxTtl);
        const { margin, stopGrace, renewEvery, tryTimeout, validFor, trustedFor } = leaseTiming(
          ttl,
          limits,
          'test',
        );
        const late = 2 * renewEvery + tryTimeout - (ttl - margin - stopGrace);
        expect(late).toBeLessThanOrEqual(ROUNDING);
        expect(tryTimeout).toBeGreaterThanOrEqual(100);
        expect(margin).toBeGreaterThanOrEqual(ttl / 100 + limits.granularity);
        expect(stopGrace).toBeGreaterThanOrEqual(Math.max(250, ttl / 10));
        expect([validFor, trustedFor]).toEqual([ttl - margin, ttl - margin - stopGrace]);
      }),
    );
  });

  it('accepts the shortest ttl that it names, and none below it', () => {
    fc.assert(
      fc.property(anyLimits, (limits) => {
        const shortest = shortestTtl(limits);
        expect(accepts(shortest, limits)).toBe(true);
        expect(accepts(shortest - 1, limits)).toBe(false);
      }),
    );
  });

  it.each(Array.from({ length: 20 }, (_, n) => 97 * (n + 4) - 350))(
    'finds the boundary where it is a whole number, with a granularity of %d ms',
    (granularity) => {
      const limits = { ...LIMITS, granularity };
      const shortest = shortestTtl(limits);
      expect([accepts(shortest, limits), accepts(shortest - 1, limits)]).toEqual([true, false]);
    },
  );

  it('gives a try five seconds at most, however long the lease', () => {
    expect(leaseTiming(3_600_000, LIMITS, 'test').tryTimeout).toBe(5_000);
  });

  it('has the numbers of a lease of 30 s', () => {
    expect(leaseTiming(30_000, LIMITS, 'redis')).toEqual({
      ttl: 30_000,
      margin: 350,
      stopGrace: 3_000,
      validFor: 29_650,
      trustedFor: 26_650,
      renewEvery: 10_000,
      tryTimeout: 5_000,
    });
  });

  it.each([99, 3_600_001, 1_500.5, 0, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses a ttl of %d ms, and names it, the backend and the limits',
    (ttl) => {
      const attempt = () => leaseTiming(ttl, LIMITS, 'redis');
      expect(attempt).toThrow(ConfigurationError);
      expect(attempt).toThrow(new RegExp(`ttl of ${ttl} ms .* redis .* from 100 to 3600000`));
    },
  );

  it('refuses a ttl that leaves no room to renew, with the numbers, and names one that does', () => {
    const attempt = () => leaseTiming(1_000, LIMITS, 'redis');
    expect(attempt).toThrow(ConfigurationError);
    expect(attempt).toThrow(/ttl of 1000 ms .* redis .* every 333 ms.* 310 ms early .* leaves 23 ms/);
    expect(attempt).toThrow(`at least ${shortestTtl(LIMITS)} ms`);
  });
});

/** Thirds of milliseconds do not add up exactly. */
const ROUNDING = 1e-6;
