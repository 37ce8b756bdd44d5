import { describe, expect, it } from '@jest/globals';
import { interval, type JobRun } from '@leased-jobs/core';
import { VirtualCluster } from '@leased-jobs/testing';

describe('the newsletter', () => {
  it('goes out once, although one of ten instances is killed while it sends', async () => {
    const sent: string[] = [];
    const cluster = new VirtualCluster({
      app: (instance) => {
        const handler = async (run: JobRun) => {
          await instance.sleep(2_000, run.signal); // It takes its time to gather the readers.
          run.throwIfLost();
          sent.push(instance.name);
        };
        instance.engine.add({ name: 'newsletter', schedule: interval(300_000), handler });
      },
    });
    const instances = Array.from({ length: 10 }, (_, n) => cluster.add(`web-${n}`));
    const runner = () => instances.find(({ engine }) => [...engine.jobs()].some((job) => job.running));
    while (!runner()) await cluster.advance(500);
    const killed = runner();

    killed?.crash();
    await cluster.advance(60_000);

    expect(sent).toHaveLength(1);
    expect(sent).not.toContain(killed?.name);
    await cluster.close();
  });
});
