import { describe, expect, it } from '@jest/globals';
import { systemHostClock } from '../src/host-clock.js';
import { hostIdentity } from '../src/host-identity.js';

describe('this host', () => {
  it('is told alike every time', () => {
    const identity = hostIdentity();
    expect(identity.clock).not.toBe('');
    expect(hostIdentity()).toEqual(identity);
  });

  it('has a clock that counts real milliseconds, to within its step', async () => {
    const clock = systemHostClock('here');
    const before = performance.now();
    const start = clock.uptime();
    const started = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 150));
    const ending = performance.now();
    const counted = clock.uptime() - start;
    const after = performance.now();
    expect(counted).toBeGreaterThanOrEqual(ending - started - clock.step);
    expect(counted).toBeLessThanOrEqual(after - before + clock.step);
    expect(Math.abs(clock.wall() - Date.now())).toBeLessThan(1_000);
  });
});
