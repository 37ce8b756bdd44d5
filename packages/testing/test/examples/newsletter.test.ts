import { describe, expect, it } from '@jest/globals';
import { interval, JobEngine, type JobRun, MemoryLeaseProvider, MemoryStore } from '@leased-jobs/core';
import { ManualClock, SeededRandom } from '@leased-jobs/testing';

describe('the newsletter', () => {
  it('is sent once a minute, by one instance of three', async () => {
    const clock = new ManualClock();
    const store = new MemoryStore(clock);
    const sent: string[] = [];
    const instances = ['web-1', 'web-2', 'web-3'].map((instance, seed) => {
      const provider = new MemoryLeaseProvider(store);
      const engine = new JobEngine({ provider, instance, clock, random: new SeededRandom(seed) });
      const handler = async (run: JobRun) => {
        run.throwIfLost();
        sent.push(String(run.slot?.toISOString()));
      };
      engine.add({ name: 'newsletter', schedule: interval(60_000), handler });
      engine.start();
      return engine;
    });

    await clock.advance(10 * 60_000);

    expect(sent).toHaveLength(10);
    expect(new Set(sent).size).toBe(10);
    await Promise.all(instances.map((engine) => engine.close()));
    expect(clock.pending).toEqual([]);
  });
});
