import { describe, expect, it } from '@jest/globals';
import {
  ConfigurationError,
  fixedDelay,
  type JobDefinition,
  JobEngine,
  MemoryLeaseProvider,
} from '@leased-jobs/core';
import { eventsOf, TestCluster } from '../support/cluster.js';

const MINUTE = 60_000;

/** Instances with one job that is due a minute after its last run, which took a while. */
function clusterOf(instances: number, definition: Partial<JobDefinition> = {}, takes = 5_000) {
  const cluster = new TestCluster();
  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => void cluster.clock.setTimer(ms, resolve, true));
  const job = { schedule: fixedDelay(MINUTE), handler: () => sleep(takes), ...definition };
  for (let n = 0; n < instances; n++) cluster.add(job);
  const runs = () =>
    cluster.members
      .flatMap((member) => eventsOf(member, 'run-ended'))
      .map(({ report }) => report)
      .toSorted((a, b) => a.startedAt - b.startedAt);
  return { cluster, job, runs };
}

describe('a job with a fixed delay', () => {
  it('is due at once, and then so long after the end of its last run, on whatever instance that was', async () => {
    const { cluster, runs } = clusterOf(5);
    await cluster.clock.advance(20 * MINUTE);
    const done = runs();
    expect(done.length).toBeGreaterThanOrEqual(17);
    expect(done[0]?.startedAt).toBeLessThan(Date.UTC(2030, 0, 1) + 2_100);
    for (const [n, run] of done.entries()) {
      const before = done[n - 1];
      if (!before) continue;
      const pause = run.startedAt - before.startedAt - before.duration;
      expect(pause).toBeGreaterThanOrEqual(MINUTE);
      expect(pause).toBeLessThanOrEqual(MINUTE + 2_100);
    }
    expect(new Set(done.map(({ instance }) => instance)).size).toBeGreaterThan(1);
    expect(done.every(({ slot }) => slot === null)).toBe(true);
  });

  it('waits for the end of its delay although all instances were started anew meanwhile', async () => {
    const { cluster, job, runs } = clusterOf(1);
    await cluster.clock.advance(10_000);
    const closing = cluster.members[0]?.engine.close();
    await cluster.clock.advance(1_000);
    await closing;
    expect(runs()).toHaveLength(1);
    cluster.add(job);
    await cluster.clock.advance(40_000);
    expect(runs()).toHaveLength(1);
    await cluster.clock.advance(25_000);
    expect(runs()).toHaveLength(2);
  });

  it('is due again so long after a run that has failed, too', async () => {
    const handler = (): never => {
      throw new Error('it failed');
    };
    const { cluster, runs } = clusterOf(3, { handler });
    await cluster.clock.advance(5 * MINUTE);
    expect(runs().length).toBeGreaterThanOrEqual(4);
    expect(runs().length).toBeLessThanOrEqual(5);
    expect(runs().every(({ outcome }) => outcome === 'failed')).toBe(true);
  });

  it('is taken over at once from an instance that is stopped in the middle of a run', async () => {
    const handler: JobDefinition['handler'] = ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    const { cluster, job, runs } = clusterOf(1, { handler });
    await cluster.clock.advance(10_000);
    const second = cluster.add(job);
    await cluster.clock.advance(5_000);
    expect(eventsOf(second, 'run-started')).toEqual([]);
    const closing = cluster.members[0]?.engine.close();
    await cluster.clock.advance(11_000);
    await closing;
    expect(runs()).toMatchObject([{ outcome: 'interrupted' }]);
    expect(eventsOf(second, 'run-started')).toHaveLength(1);
  });

  it('asks no store that is away more often than every half a minute', async () => {
    const { cluster } = clusterOf(1);
    const [member] = cluster.members;
    member?.provider.scripts.set('acquire', () => {
      throw new Error('the store is away');
    });
    await cluster.clock.advance(10 * MINUTE);
    expect(member?.provider.times('acquire').length).toBeLessThan(100);
    member?.provider.scripts.delete('acquire');
    await cluster.clock.advance(MINUTE);
    expect(member?.events.map(({ type }) => type)).toContain('run-started');
  });

  it('leaves no timer when its instance stops, and has no next slot to be listed', async () => {
    const { cluster } = clusterOf(2);
    expect([...(cluster.members[0]?.engine.jobs() ?? [])]).toMatchObject([
      { schedule: '60000 ms after its last run', next: null },
    ]);
    await cluster.clock.advance(10_000);
    const closing = Promise.all(cluster.members.map(({ engine }) => engine.close()));
    await cluster.clock.advance(6_000);
    await closing;
    expect(cluster.clock.pending).toEqual([]);
  });
});

describe('a fixed delay', () => {
  it.each([[0], [-1], [1.5], [Number.NaN], [Infinity], [2 ** 31], ['60000']])('of %p is refused', (ms) => {
    expect(() => fixedDelay(ms as number)).toThrow(ConfigurationError);
    expect(() => fixedDelay(ms as number)).toThrow('whole number of milliseconds from 1 to 2147483647');
  });

  it.each([
    ['onCrash', { onCrash: 'skip' }],
    ['missed', { missed: 'once' }],
  ])('has no slots that %s could be about', (option, policies) => {
    const engine = new JobEngine({ provider: new MemoryLeaseProvider() });
    const job = { name: 'job', schedule: fixedDelay(MINUTE), handler: () => {}, ...policies };
    expect(() => engine.add(job as JobDefinition)).toThrow(
      `${option} is about slots, and a fixed delay has none`,
    );
  });
});
