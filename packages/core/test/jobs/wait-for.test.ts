import { describe, expect, it } from '@jest/globals';
import { interval, type JobDefinition, service } from '@leased-jobs/core';
import { eventsOf, type Member, TestCluster } from '../support/cluster.js';
import { close, openEnd, stateOf, untilStopped } from '../support/work.js';

const SECOND = interval(1_000);

function waiting(definition: Partial<JobDefinition>) {
  const cluster = new TestCluster();
  const member = cluster.add({ schedule: SECOND, ...definition });
  return { cluster, clock: cluster.clock, member };
}

function runs(member: Member): number {
  return eventsOf(member, 'run-started').length;
}

describe('a job that waits for something', () => {
  it.each([
    ['with slots', SECOND],
    ['that is a service', service()],
  ])('%s is not attended before that is ready', async (_what, schedule) => {
    const { ended, end } = openEnd();
    const { clock, member } = waiting({ schedule, waitFor: () => ended, handler: untilStopped });
    await clock.advance(60_000);
    expect(member.provider.calls).toEqual([]);
    end();
    await clock.advance(2_100);
    expect(runs(member)).toBe(1);
  });

  it('asks for it once, and runs each of its slots from then on', async () => {
    let asked = 0;
    const { clock, member } = waiting({ waitFor: async () => void asked++ });
    await clock.advance(10_500);
    expect(asked).toBe(1);
    expect(runs(member)).toBeGreaterThanOrEqual(10);
    expect(runs(member)).toBeLessThanOrEqual(11);
  });

  it('keeps no other job waiting', async () => {
    const cluster = new TestCluster();
    const member = cluster.add(
      { name: 'waits', schedule: SECOND, waitFor: () => openEnd().ended },
      { name: 'other', schedule: SECOND },
    );
    await cluster.clock.advance(5_500);
    const names = eventsOf(member, 'run-started').map(({ job }) => job);
    expect(new Set(names)).toEqual(new Set(['other']));
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('no schema'))],
    [
      'throws',
      () => {
        throw new Error('no schema');
      },
    ],
  ])('is told of, and asks again in a minute, if that %s', async (_what, fail) => {
    let asked = 0;
    const { clock, member } = waiting({ waitFor: async () => (++asked < 3 ? fail() : undefined) });
    await clock.advance(59_000);
    expect(eventsOf(member, 'attendance-failed')).toMatchObject([
      { job: 'job', error: { message: 'no schema' } },
    ]);
    expect(asked).toBe(1);
    await clock.advance(60_000);
    expect(asked).toBe(2);
    expect(runs(member)).toBe(0);
    await clock.advance(5_000);
    expect(asked).toBe(3);
    expect(runs(member)).toBeGreaterThan(1);
  });

  it('keeps its process alive, until it is closed', async () => {
    const { cluster, clock, member } = waiting({ waitFor: () => openEnd().ended });
    await clock.advance(1_000);
    expect(clock.pending).toMatchObject([{ keepAlive: true }]);
    await close(cluster, member);
    expect(clock.pending).toEqual([]);
    const failing = waiting({ waitFor: () => Promise.reject(new Error('no schema')) });
    await failing.clock.advance(1_000);
    expect(failing.clock.pending).toMatchObject([{ keepAlive: true }]);
    await close(failing.cluster, failing.member);
    expect(failing.clock.pending).toEqual([]);
  });

  it('keeps no shutdown waiting, and is told of it', async () => {
    const signals: AbortSignal[] = [];
    const { clock, member } = waiting({
      waitFor: (signal) => {
        signals.push(signal);
        return new Promise(() => {});
      },
    });
    await clock.advance(1_000);
    expect(signals[0]?.aborted).toBe(false);
    const closing = member.engine.close();
    expect(await stateOf(clock, closing)).toBe('resolved');
    expect(signals[0]?.aborted).toBe(true);
  });

  it('is no failure if that rejects because of the shutdown, or later', async () => {
    const late = openEnd();
    const { clock, member } = waiting({ waitFor: () => late.ended });
    member.engine.add({
      name: 'other',
      schedule: SECOND,
      handler: () => {},
      waitFor: (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    });
    await clock.advance(1_000);
    await member.engine.close();
    late.fail(new Error('too late'));
    await clock.advance(120_000);
    expect(eventsOf(member, 'attendance-failed')).toEqual([]);
    expect(clock.pending).toEqual([]);
  });

  it('is not attended if it was removed meanwhile, and no failure of it is told', async () => {
    const ends = [openEnd(), openEnd()];
    const { clock, member } = waiting({ waitFor: () => (ends[0] as (typeof ends)[0] & {}).ended });
    member.engine.add({
      name: 'failing',
      schedule: SECOND,
      handler: () => {},
      waitFor: () => (ends[1] as (typeof ends)[1] & {}).ended,
    });
    member.engine.remove('job');
    member.engine.remove('failing');
    ends[0]?.end();
    ends[1]?.fail(new Error('no schema'));
    await clock.advance(5_000);
    expect(member.provider.calls).toEqual([]);
    expect(eventsOf(member, 'attendance-failed')).toEqual([]);
  });

  it('waits for itself if it was removed and added again', async () => {
    const { ended, end } = openEnd();
    const { clock, member } = waiting({ waitFor: () => ended });
    member.engine.remove('job');
    member.engine.add({ name: 'job', schedule: SECOND, handler: () => {}, waitFor: () => openEnd().ended });
    end();
    await clock.advance(5_000);
    expect(runs(member)).toBe(0);
  });

  it('is not asked about while it is not enabled, or before the start', async () => {
    let asked = 0;
    const waitFor = async (): Promise<void> => void asked++;
    waiting({ waitFor, enabled: false });
    new TestCluster().prepare({}, { waitFor });
    expect(asked).toBe(0);
  });

  it('asks once although the wall clock is set back meanwhile', async () => {
    let asked = 0;
    const { ended, end } = openEnd();
    const { clock, member } = waiting({ waitFor: () => (asked++, ended) });
    member.engine.add({ name: 'other', schedule: SECOND, handler: () => {} });
    await clock.advance(1_000);
    clock.stepWall(-3_600_000);
    await clock.advance(70_000);
    expect(asked).toBe(1);
    end();
    await clock.advance(10_000);
    const slots = eventsOf(member, 'run-started').filter(({ job }) => job === 'job');
    expect(slots.length).toBeLessThanOrEqual(11);
  });

  it('may be run by hand all the same', async () => {
    const { member } = waiting({ waitFor: () => openEnd().ended });
    expect(await member.engine.runNow('job')).toMatchObject({ ran: true });
  });
});
