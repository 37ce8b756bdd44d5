import { ManualClock } from '@leased-jobs/testing';
import { MemoryLeaseProvider, MemoryStore } from '@leased-jobs/core';
import { expect, it } from '@jest/globals';
import { ExclusiveInterval, LeasedJobs, Leases } from '@leased-jobs/nestjs';
import { startApp, until } from './nest-app.js';

class Jobs {
  @ExclusiveInterval(60_000, { name: 'first', lock: 'shared' })
  first(): string {
    return 'done';
  }
  @ExclusiveInterval(60_000, { name: 'second', lock: 'shared' })
  second(): void {
    throw new Error('boom');
  }
  @ExclusiveInterval(60_000, 'other')
  other(): void {}
}

it('lists the jobs with what the store knows of them', async () => {
  const clock = new ManualClock();
  const provider = new MemoryLeaseProvider(new MemoryStore(clock));
  const app = await startApp({ providers: [Jobs], options: { backend: provider, clock } });
  const jobs = app.get(LeasedJobs);
  const ended: string[] = [];
  const unsubscribe = jobs.events.subscribe((event) => {
    if (event.type === 'released') ended.push(event.lock);
  });

  expect(await jobs.list()).toEqual(
    ['first', 'second', 'Jobs.other'].map((name) => ({
      name,
      lock: name === 'Jobs.other' ? 'other' : 'shared',
      schedule: 'every 60000 ms',
      enabled: true,
      running: false,
      next: expect.any(Date),
      holder: null,
      paused: false,
      lastRun: null,
    })),
  );

  await clock.advance(120_000);
  await until(() => ended.length >= 3);
  await provider.setPaused('test/other', 'Jobs.other', true, new AbortController().signal);
  const lease = await app.get(Leases).tryAcquire('other');
  const [first, second, other] = await jobs.list();
  expect(first).toMatchObject({ holder: null, lastRun: { outcome: 'succeeded', instance: 'web-1' } });
  expect(second).toMatchObject({ holder: null, lastRun: { outcome: 'failed', error: 'boom' } });
  expect(other).toMatchObject({ holder: 'web-1', paused: true });

  unsubscribe();
  await lease?.release();
  await app.close();
});

it('reads each lock once, and passes on that the store cannot be asked', async () => {
  let reads = 0;
  class Reading extends MemoryLeaseProvider {
    failing = false;
    override async read(
      ...given: Parameters<MemoryLeaseProvider['read']>
    ): ReturnType<MemoryLeaseProvider['read']> {
      reads++;
      if (this.failing) throw new Error('connection refused');
      return super.read(...given);
    }
  }
  const provider = new Reading();
  const app = await startApp({ providers: [Jobs], options: { backend: provider } });
  await app.get(LeasedJobs).list();
  expect(reads).toBe(2);
  provider.failing = true;
  await expect(app.get(LeasedJobs).list()).rejects.toThrow('connection refused');
  await app.close();
});
