import { describe, expect, it } from '@jest/globals';
import {
  atStart,
  ConfigurationError,
  fixedDelay,
  interval,
  JobStoppedError,
  LeasesClosedError,
  type LeaseRefusal,
  service,
} from '@leased-jobs/core';
import { eventsOf, type Member, TestCluster } from '../support/cluster.js';
import { close, openEnd, outcomes, pause, started, stateOf, untilStopped } from '../support/work.js';

const MINUTE = 60_000;
const HELD: LeaseRefusal = { refused: 'held', holder: 'web-9', expiresIn: 15_000, retryAfter: 15_000 };

/** As a store where only the holder of a lock may write, and which is asked so many times in vain. */
function onlyHoldersMayWrite({ provider }: Member, times: number) {
  const asked: number[] = [];
  provider.setPaused = async (_lock, _job, _paused) => {
    asked.push(provider.clock.monotonic());
    return (asked.length > times ? null : HELD) as null;
  };
  return asked;
}

describe('a pause', () => {
  it('is written where only the holder may write, although a run goes on at the beginning of each second', async () => {
    const cluster = new TestCluster();
    const member = cluster.add({ schedule: interval(1_000) });
    const { clock } = cluster;
    const { provider } = member;
    const begun = clock.monotonic();
    provider.setPaused = async () => ((clock.monotonic() - begun) % 1_000 < 700 ? HELD : null) as null;
    const pausing = member.engine.setPaused('job', true);
    await clock.advance(10_000);
    expect(await pausing).toBe(true);
  });

  it('is for the whole cluster, outlives all instances, and ends when the job is resumed', async () => {
    const cluster = new TestCluster();
    const job = { schedule: interval(MINUTE) };
    const members = [1, 2, 3].map(() => cluster.add(job));
    expect(await members[0]?.engine.setPaused('job', true)).toBe(true);
    await cluster.clock.advance(5 * MINUTE);
    for (const member of members) await close(cluster, member);
    const next = cluster.add(job);
    await cluster.clock.advance(5 * MINUTE);
    expect(cluster.members.flatMap((member) => eventsOf(member, 'run-started'))).toEqual([]);
    expect(await next.engine.setPaused('job', false)).toBe(true);
    await cluster.clock.advance(MINUTE + 2_000);
    expect(outcomes(next).length).toBeGreaterThanOrEqual(1);
  });

  it('leaves a run that is under way to its end', async () => {
    const cluster = new TestCluster();
    const handler = () => pause(cluster.clock, 30_000);
    const member = cluster.add({ schedule: interval(MINUTE), handler });
    await started(cluster);
    await member.engine.setPaused('job', true);
    await cluster.clock.advance(5 * MINUTE);
    expect(outcomes(member)).toEqual(['succeeded']);
  });

  it('is heeded by a fixed delay, which goes on within a minute once it is over', async () => {
    const cluster = new TestCluster();
    const member = cluster.add({ schedule: fixedDelay(5_000) });
    await member.engine.setPaused('job', true);
    await cluster.clock.advance(5 * MINUTE);
    expect(outcomes(member)).toEqual([]);
    await member.engine.setPaused('job', false);
    await cluster.clock.advance(MINUTE + 2_000);
    expect(outcomes(member).length).toBeGreaterThanOrEqual(1);
  });

  it('is written to all permits of a job that several instances run at once', async () => {
    const cluster = new TestCluster();
    const members = [1, 2, 3].map(() => cluster.add({ schedule: interval(MINUTE), concurrency: 3 }));
    await members[0]?.engine.setPaused('job', true);
    await cluster.clock.advance(3 * MINUTE);
    expect([...cluster.store.locks.keys()].toSorted()).toEqual(['job', 'job#2', 'job#3']);
    expect(members.flatMap((member) => eventsOf(member, 'run-started'))).toEqual([]);
    await members[1]?.engine.setPaused('job', false);
    await cluster.clock.advance(MINUTE);
    expect(members.flatMap((member) => eventsOf(member, 'run-started'))).toHaveLength(3);
  });

  it('tells all instances of a service that several run at once', async () => {
    const cluster = new TestCluster();
    const reasons: unknown[] = [];
    const job = {
      schedule: service(),
      concurrency: 2,
      handler: async (run: Parameters<typeof untilStopped>[0]) =>
        untilStopped(run).catch((reason: unknown) => void reasons.push(reason)),
    };
    const members = [1, 2].map(() => cluster.add(job));
    await cluster.clock.advance(15_000);
    await members[0]?.engine.setPaused('job', true);
    await cluster.clock.advance(10_000);
    expect(reasons).toEqual([expect.any(JobStoppedError), expect.any(JobStoppedError)]);
    expect(reasons).toMatchObject([{ why: 'paused' }, { why: 'paused' }]);
    await cluster.clock.advance(5 * MINUTE);
    expect(members.flatMap((member) => eventsOf(member, 'run-started'))).toHaveLength(2);
  });

  it('of a service leaves no delay behind, whether its handler returns or throws', async () => {
    const cluster = new TestCluster();
    const member = cluster.add({ schedule: service({ restartDelay: 3_600_000 }), handler: untilStopped });
    await started(cluster);
    await member.engine.setPaused('job', true);
    await cluster.clock.advance(11_000);
    expect(outcomes(member)).toEqual(['interrupted']);
    expect((await member.engine.leases.read('job'))?.jobs['job']).toMatchObject({ paused: true, holdOff: 0 });
  });

  it('is seen by a service although the store was away for a while', async () => {
    const cluster = new TestCluster();
    const member = cluster.add({ schedule: service(), handler: untilStopped });
    await started(cluster);
    const read = member.provider.read.bind(member.provider);
    member.provider.read = () => Promise.reject(new Error('away'));
    await member.engine.setPaused('job', true);
    await cluster.clock.advance(25_000);
    expect(outcomes(member)).toEqual([]);
    member.provider.read = read;
    await cluster.clock.advance(10_000);
    expect(outcomes(member)).toEqual(['interrupted']);
  });
});

describe('a pause on a store where only the holder of a lock may write', () => {
  it('waits for the end of the run, and asks some three times a second', async () => {
    const cluster = new TestCluster();
    const member = cluster.add({});
    const asked = onlyHoldersMayWrite(member, 10);
    const pausing = member.engine.setPaused('job', true);
    await cluster.clock.advance(1_400);
    expect(await stateOf(cluster.clock, pausing)).toBe('pending');
    expect(cluster.clock.pending.filter(({ keepAlive }) => keepAlive)).not.toEqual([]);
    await cluster.clock.advance(3_200);
    expect(await pausing).toBe(true);
    const pauses = asked.slice(1).map((at, index) => at - (asked[index] ?? 0));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(150);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(450);
  });

  it.each([
    [undefined, 10_000],
    [2_500, 2_500],
    [0, 0],
  ])('is not written, and says so, at the end of a wait of %p ms', async (wait, waited) => {
    const cluster = new TestCluster();
    const member = cluster.add({});
    const asked = onlyHoldersMayWrite(member, Infinity);
    const pausing = member.engine.setPaused('job', true, wait === undefined ? {} : { wait });
    await cluster.clock.advance(waited);
    expect(await pausing).toBe(false);
    expect(asked.at(-1)).toBe(waited);
  });

  it('ends its wait with the reason of the signal', async () => {
    const cluster = new TestCluster();
    const member = cluster.add({});
    onlyHoldersMayWrite(member, Infinity);
    const given = new AbortController();
    const reason = new Error('given up');
    const rejected = expect(
      member.engine.setPaused('job', true, { wait: Infinity, signal: given.signal }),
    ).rejects.toBe(reason);
    await cluster.clock.advance(3_500);
    given.abort(reason);
    await rejected;
  });

  it('ends its wait when its engine stops, and asks nothing after that', async () => {
    const cluster = new TestCluster();
    const member = cluster.add({});
    const asked = onlyHoldersMayWrite(member, Infinity);
    const pausing = member.engine.setPaused('job', true, { wait: Infinity });
    const rejected = expect(pausing).rejects.toBeInstanceOf(LeasesClosedError);
    await cluster.clock.advance(3_500);
    await member.engine.close();
    await rejected;
    const times = asked.length;
    await expect(member.engine.setPaused('job', false)).rejects.toBeInstanceOf(LeasesClosedError);
    expect(asked).toHaveLength(times);
    expect(cluster.clock.pending).toEqual([]);
  });
});

describe('a pause is refused', () => {
  it('for what is not known, or is due at the start, or with a wait that is none', async () => {
    const { engine } = new TestCluster().add({}, { name: 'migrate', schedule: atStart() });
    await expect(engine.setPaused('jobs', true)).rejects.toThrow(
      new ConfigurationError('There is no job "jobs". Choose among job, migrate.'),
    );
    await expect(engine.setPaused('migrate', true)).rejects.toThrow(
      new ConfigurationError('"migrate" is due when an instance starts, and cannot be paused. Disable it.'),
    );
    for (const wait of [-1, Number.NaN, '5s' as never]) {
      await expect(engine.setPaused('job', true, { wait })).rejects.toThrow(
        'Choose a number of milliseconds from 0 on.',
      );
    }
  });

  it('if the store cannot be asked, by a StoreError', async () => {
    const { engine, provider } = new TestCluster().add({});
    provider.setPaused = () => Promise.reject(new Error('away'));
    await expect(engine.setPaused('job', true)).rejects.toMatchObject({ name: 'StoreError' });
    const { ended } = openEnd();
    provider.setPaused = async () => (await ended, null);
    await expect(engine.setPaused('job', true, { signal: AbortSignal.abort('given up') })).rejects.toBe(
      'given up',
    );
  });
});
