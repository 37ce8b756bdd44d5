import { describe, expect, it } from '@jest/globals';
import { interval, type JobDefinition, type JobRun } from '@leased-jobs/core';
import { eventsOf, TestCluster } from '../support/cluster.js';

const HOUR = 3_600_000;

/** One instance, whose only run has just begun. */
async function running(definition: Partial<JobDefinition>) {
  const cluster = new TestCluster();
  const member = cluster.add({ schedule: interval(HOUR), ...definition });
  while (eventsOf(member, 'run-started').length === 0) await cluster.clock.advance(500);
  const outcomes = (): string[] => eventsOf(member, 'run-ended').map(({ report }) => report.outcome);
  return { cluster, clock: cluster.clock, member, outcomes };
}

function openEnd() {
  let end = (_error?: Error): void => {};
  const ended = new Promise<void>((resolve, reject) => {
    end = (error) => (error ? reject(error) : resolve());
  });
  return { ended, end };
}

describe('a run', () => {
  it('ends as lost when its handler settles before the late deadline timer', async () => {
    const { ended, end } = openEnd();
    const { clock, outcomes } = await running({ handler: () => ended });
    clock.setTimer(1, end, true);
    // The process was suspended, and of all its late timers the one that ends the handler fires first.
    await clock.freeze(15_000);
    expect(outcomes()).toEqual(['lost']);
  });

  it('stays timed out when a shutdown comes after its maxRuntime', async () => {
    const { ended, end } = openEnd();
    const { clock, member, outcomes } = await running({ maxRuntime: 5_000, handler: () => ended });
    await clock.advance(6_000);
    const draining = member.engine.drain();
    end(new Error('told to stop'));
    await draining;
    expect(outcomes()).toEqual(['timed-out']);
  });

  it('leaves no timer for its maxRuntime when it has ended', async () => {
    const { clock, member, outcomes } = await running({ maxRuntime: HOUR / 2 });
    expect(outcomes()).toEqual(['succeeded']);
    await member.engine.close();
    expect(clock.pending).toEqual([]);
  });

  it('has a signal that has aborted when it is first asked for after the stop', async () => {
    const { ended, end } = openEnd();
    let run: JobRun | undefined;
    const { member } = await running({
      handler: async (self) => {
        run = self;
        await ended;
      },
    });
    const draining = member.engine.drain();
    expect(run?.signal.reason).toMatchObject({ name: 'ShutdownError' });
    end();
    await draining;
  });

  it('stores an error of 10 kB as 500 characters', async () => {
    const { clock, member } = await running({
      handler: () => {
        throw new Error('x'.repeat(10_240));
      },
    });
    await clock.advance(0);
    const record = await member.engine.leases.read('job');
    expect(record?.jobs['job']?.recent[0]?.error).toBe('x'.repeat(500));
  });
});
