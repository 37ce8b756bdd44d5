import { describe, expect, it } from '@jest/globals';
import {
  ConfigurationError,
  interval,
  type JobDefinition,
  JobEngine,
  MemoryLeaseProvider,
} from '@leased-jobs/core';
import { eventsOf, type Member, TestCluster } from '../support/cluster.js';

const HOUR = 3_600_000;

/** The slots of the runs, in the order in which they began, in hours after the first one. */
function slotsRun(cluster: TestCluster, from: number): readonly number[] {
  return cluster.members
    .flatMap((member) => eventsOf(member, 'run-ended'))
    .map(({ report }) => report)
    .toSorted((a, b) => a.startedAt - b.startedAt)
    .map(({ slot }) => ((slot ?? Number.NaN) - from) / HOUR);
}

/** A cluster whose job has run once, and which is down then for that many hours. */
async function downFor(hours: number, definition: Partial<JobDefinition>) {
  const cluster = new TestCluster();
  const job = { schedule: interval(HOUR), ...definition };
  const first = cluster.add(job);
  while (eventsOf(first, 'run-ended').length === 0) await cluster.clock.advance(60_000);
  const last = eventsOf(first, 'run-ended')[0]?.report.slot ?? 0;
  await end(cluster, first);
  await cluster.clock.advance(hours * HOUR);
  const start = (instances: number): readonly Member[] =>
    Array.from({ length: instances }, () => cluster.add(job));
  return { cluster, last, start };
}

async function end(cluster: TestCluster, { engine }: Member): Promise<void> {
  const closing = engine.close();
  await cluster.clock.advance(1_000);
  await closing;
}

describe('slots that were due while all instances were down', () => {
  it('are skipped unless the job says something else', async () => {
    const { cluster, last, start } = await downFor(5, {});
    start(3);
    await cluster.clock.advance(60_000);
    expect(slotsRun(cluster, last)).toEqual([0]);
    await cluster.clock.advance(HOUR);
    expect(slotsRun(cluster, last)).toEqual([0, 6]);
  });

  it('are made up for by one run, at once, for the last of them, however many instances start', async () => {
    const { cluster, last, start } = await downFor(5, { missed: 'once' });
    const members = start(10);
    await cluster.clock.advance(10_000);
    expect(slotsRun(cluster, last)).toEqual([0, 5]);
    const late = members
      .flatMap((member) => eventsOf(member, 'run-started'))
      .map(({ slot }) => slot?.getTime());
    expect(late).toEqual([last + 5 * HOUR]);
    await cluster.clock.advance(HOUR);
    expect(slotsRun(cluster, last)).toEqual([0, 5, 6]);
  });

  it('are run one after the other, in their order, if all are to be made up for', async () => {
    const { cluster, last, start } = await downFor(5, { missed: 'all' });
    start(4);
    await cluster.clock.advance(10 * 60_000);
    expect(slotsRun(cluster, last)).toEqual([0, 1, 2, 3, 4, 5]);
    await cluster.clock.advance(HOUR);
    expect(slotsRun(cluster, last)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('are gone on with by another instance when one is stopped in the middle', async () => {
    const handler = (): Promise<void> => sleep(20 * 60_000);
    const { cluster, last, start } = await downFor(5, { missed: 'all', handler: () => {} });
    const sleep = (ms: number): Promise<void> =>
      new Promise((resolve) => void cluster.clock.setTimer(ms, resolve, true));
    const slow = cluster.add({ schedule: interval(HOUR), missed: 'all', handler });
    await cluster.clock.advance(50 * 60_000);
    expect(slotsRun(cluster, last)).toEqual([0, 1, 2]);
    const closing = slow.engine.close();
    await cluster.clock.advance(11_000);
    await closing;
    start(1);
    await cluster.clock.advance(30 * 60_000);
    expect(slotsRun(cluster, last).slice(0, 3)).toEqual([0, 1, 2]);
    expect(slotsRun(cluster, last).filter((slot) => slot === 4)).toHaveLength(1);
    expect(slotsRun(cluster, last).at(-1)).toBeGreaterThanOrEqual(5);
  });

  it('are made up for although the store loses its state in the middle of that', async () => {
    const { cluster, last } = await downFor(5, { missed: 'once' });
    let runs = 0;
    const handler = async (): Promise<void> => {
      if (++runs > 1) return;
      cluster.store.locks.clear();
      await new Promise<void>((resolve) => void cluster.clock.setTimer(30_000, resolve, true));
    };
    const member = cluster.add({ schedule: interval(HOUR), missed: 'once', handler });
    await cluster.clock.advance(60_000);
    expect(eventsOf(member, 'run-ended').map(({ report }) => [report.slot, report.outcome])).toEqual([
      [last + 5 * HOUR, 'lost'],
      [last + 5 * HOUR, 'succeeded'],
    ]);
  });

  it('are none for a job that has never run, which begins with its next slot', async () => {
    const cluster = new TestCluster();
    const members = [1, 2, 3].map(() => cluster.add({ schedule: interval(HOUR), missed: 'once' }));
    await cluster.clock.advance(10_000);
    expect(members.flatMap((member) => eventsOf(member, 'run-started'))).toEqual([]);
    const reasons = members.flatMap((member) => eventsOf(member, 'skipped')).map(({ reason }) => reason);
    expect(reasons.filter((reason) => reason === 'never-run')).toHaveLength(1);
    await cluster.clock.advance(HOUR);
    expect(members.flatMap((member) => eventsOf(member, 'run-started'))).toHaveLength(1);
  });

  it('are asked for until the store can be asked, or the next slot is due', async () => {
    const { cluster, last, start } = await downFor(5, { missed: 'once' });
    const [member] = start(1);
    member?.provider.scripts.set('acquire', () => {
      throw new Error('the store is away');
    });
    await cluster.clock.advance(2 * 60_000);
    expect(slotsRun(cluster, last)).toEqual([0]);
    member?.provider.scripts.delete('acquire');
    await cluster.clock.advance(60_000);
    expect(slotsRun(cluster, last)).toEqual([0, 5]);
  });

  it('are made up for by a job that is added at run time, too', async () => {
    const { cluster, last } = await downFor(3, { missed: 'once' });
    const member = cluster.add();
    const runs: number[] = [];
    member.engine.add({
      name: 'job',
      schedule: interval(HOUR),
      missed: 'once',
      handler: ({ slot }) => void runs.push(((slot?.getTime() ?? 0) - last) / HOUR),
    });
    await cluster.clock.advance(10_000);
    expect(runs).toEqual([3]);
  });
});

describe('the policy for missed slots', () => {
  const add = (definition: object) => () =>
    new JobEngine({ provider: new MemoryLeaseProvider() }).add({
      name: 'job',
      schedule: interval(HOUR),
      handler: () => {},
      ...definition,
    });

  it('is refused if there is none of that name, or if it cannot be kept', () => {
    expect(add({ missed: 'twice' })).toThrow(ConfigurationError);
    expect(add({ missed: 'twice' })).toThrow('missed is "twice". Choose "skip", "once" or "all".');
    expect(add({ missed: 'all', onCrash: 'skip' })).toThrow('Choose onCrash: "rerun", or missed: "once".');
  });
});
