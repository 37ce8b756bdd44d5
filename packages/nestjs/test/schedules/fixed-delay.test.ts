import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { MemoryLeaseProvider, MemoryStore } from '@leased-jobs/core';
import { describe, expect, it } from '@jest/globals';
import { ExclusiveInterval, LeasedJobs } from '@leased-jobs/nestjs';
import { RecordingLogger, startApp, until } from '../nest-app.js';

@Injectable()
class Cache {
  readonly times: { readonly began: number; ended: number }[] = [];

  @ExclusiveInterval(50, { lock: 'cache', mode: 'fixed-delay' })
  async refresh(): Promise<void> {
    const time = { began: performance.now(), ended: 0 };
    await sleep(30);
    time.ended = performance.now();
    this.times.push(time);
  }
}

describe('a method with a fixed delay', () => {
  it('runs so long after the end of its last run on any instance', async () => {
    const store = new MemoryStore();
    const instance = () =>
      startApp({ providers: [Cache], options: { backend: new MemoryLeaseProvider(store) } });
    const caches = (await Promise.all([instance(), instance()])).map((app) => app.get(Cache));
    const times = () => caches.flatMap((cache) => cache.times).toSorted((a, b) => a.began - b.began);
    // The first is due by chance within two seconds.
    await Promise.race(caches.map((cache) => until(() => cache.times.length > 0)));
    await until(() => times().length >= 6);
    const pauses = times().map(({ began }, n) => began - (times()[n - 1]?.ended ?? -Infinity));
    // The clocks of a timer and of the store may differ by a millisecond.
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(49);
  });

  it('is listed with its delay, and tells its requests', async () => {
    const logger = new RecordingLogger();
    const app = await startApp({ providers: [Cache], logger });
    expect(await app.get(LeasedJobs).list()).toMatchObject([
      { name: 'Cache.refresh', schedule: '50 ms after its last run', next: null },
    ]);
    expect(logger.lines.join('\n')).toContain('Cache.refresh sends memory about 3,456,000 requests a day');
  });
});
