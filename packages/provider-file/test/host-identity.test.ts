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
    const [uptime, start] = [clock.uptime(), performance.now()];
    await new Promise((resolve) => setTimeout(resolve, 150));
    const passed = performance.now() - start;
    expect(Math.abs(clock.uptime() - uptime - passed)).toBeLessThanOrEqual(clock.step);
    expect(Math.abs(clock.wall() - Date.now())).toBeLessThan(1_000);
  });
});
