import { describe, expect, it } from '@jest/globals';
import { interval, service } from '@leased-jobs/core';
import type { ActiveRun } from '../../src/jobs/active-run.js';
import { Activity } from '../../src/jobs/activity.js';
import { waitAfter } from '../../src/jobs/attendance.js';
import type { Job } from '../../src/jobs/job-definition.js';
import type { HeldLease } from '../../src/lease/held-lease.js';
import { eventsOf, type Member, TestCluster } from '../support/cluster.js';
import { leasesOf } from '../support/leases-of.js';
import { openEnd, pause, stateOf, untilStopped } from '../support/work.js';

const HOUR = 3_600_000;

/** The first attempt of an instance is answered when the test says so; those after it are at once. */
function delayFirst({ provider }: Member) {
  const { ended, end } = openEnd();
  provider.scripts.set('acquire', async (carryOut) => {
    provider.scripts.delete('acquire');
    await ended;
    return carryOut();
  });
  return end;
}

describe('a lock that is granted while another job of its instance goes on under it, without its lease', () => {
  const { ended, end } = openEnd();
  const busy = { name: 'busy', lock: 'books', schedule: interval(HOUR), handler: () => ended };

  it('is given back by a service, which begins when that has ended', async () => {
    const cluster = new TestCluster();
    const member = cluster.add(
      { name: 'service', lock: 'books', schedule: service(), handler: untilStopped },
      busy,
    );
    const answer = delayFirst(member);
    while (member.provider.calls.length === 0) await cluster.clock.advance(50);
    const running = member.engine.runNow('busy');
    await cluster.clock.advance(10);
    cluster.store.locks.clear();
    answer();
    await cluster.clock.advance(1_000);
    expect(eventsOf(member, 'run-started').map(({ job }) => job)).toEqual(['busy']);
    end();
    expect(await running).toMatchObject({ ran: true });
    await cluster.clock.advance(100);
    expect(eventsOf(member, 'run-started').map(({ job }) => job)).toEqual(['busy', 'service']);
  });

  it('is given back by a run by hand, which is refused', async () => {
    const cluster = new TestCluster();
    const gate = openEnd();
    const member = cluster.add({ ...busy, handler: () => gate.ended }, { ...busy, name: 'other' });
    const answer = delayFirst(member);
    const late = member.engine.runNow('other');
    const running = member.engine.runNow('busy');
    await cluster.clock.advance(10);
    cluster.store.locks.clear();
    answer();
    expect(await late).toMatchObject({ ran: false, refusal: { refused: 'held', holder: 'web-1' } });
    gate.end();
    await running;
    expect(cluster.store.locks.get('books')?.lease).toBeNull();
  });

  it('is given back by a section, which waits for its end', async () => {
    const cluster = new TestCluster();
    const gate = openEnd();
    const member = cluster.add({ ...busy, handler: () => gate.ended });
    const answer = delayFirst(member);
    const section = member.engine.section('books', () => 'mine', { wait: HOUR });
    const running = member.engine.runNow('busy');
    await cluster.clock.advance(10);
    cluster.store.locks.clear();
    answer();
    await cluster.clock.advance(1_000);
    gate.end();
    await running;
    expect(await section).toEqual({ ran: true, value: 'mine' });
  });
});

describe('a wait for the end of a run of this instance', () => {
  it('is over at once if that has ended between the question and the wait', async () => {
    const cluster = new TestCluster();
    const leases: unknown = leasesOf(cluster.prepare({}).provider).leases;
    const activity = new Activity(leases as never);
    const { clock } = cluster;
    const { signal: stopping } = new AbortController();
    const context = { leases, activity, clock, stopping, isKnown: () => true } as never;
    const job = { lock: 'books', policies: { concurrency: 1 } } as Job;
    const waiting = waitAfter('still-running', { job, releases: 0, limit: Infinity }, context);
    expect(await stateOf(clock, waiting)).toBe('resolved');
    const end = activity.begin({ lock: 'books' } as ActiveRun, {} as HeldLease);
    const second = waitAfter('still-running', { job, releases: 0, limit: Infinity }, context);
    expect(await stateOf(clock, second)).toBe('pending');
    end();
    expect(await stateOf(clock, second)).toBe('resolved');
  });
});

describe('a slot of a job that is removed', () => {
  it('is not run any more if it was being asked for', async () => {
    const cluster = new TestCluster();
    const member = cluster.add({ schedule: interval(HOUR) });
    const answer = delayFirst(member);
    while (member.provider.calls.length === 0) await cluster.clock.advance(100);
    member.engine.remove('job');
    answer();
    await cluster.clock.advance(1_000);
    expect(eventsOf(member, 'run-started')).toEqual([]);
    expect(cluster.store.locks.get('job')).toMatchObject({ lease: null, jobs: {} });
  });

  it('ends its run, and the next job of its name begins with its own schedule', async () => {
    const cluster = new TestCluster();
    const { ended, end } = openEnd();
    const member = cluster.add({ schedule: interval(HOUR), handler: () => ended });
    while (eventsOf(member, 'run-started').length === 0) await cluster.clock.advance(500);
    member.engine.remove('job');
    const calls: number[] = [];
    const handler = (): void => void calls.push(cluster.clock.monotonic());
    member.engine.add({ name: 'job', schedule: interval(1_000), handler });
    await cluster.clock.advance(5_000);
    expect(calls).toEqual([]);
    end();
    await cluster.clock.advance(5_000);
    expect(calls.length).toBeGreaterThanOrEqual(4);
    expect(eventsOf(member, 'run-ended')[0]).toMatchObject({ report: { outcome: 'succeeded' } });
  });
});

describe('jobs of one instance that share a lock, on a store that tells nothing', () => {
  it('run all of their slots, however many of them are due in one moment', async () => {
    const cluster = new TestCluster();
    const names = ['a', 'b', 'c', 'd', 'e'];
    const next = (after: number): number => (Math.floor(after / 2_000) + 1) * 2_000;
    const schedule = { description: 'every two seconds', next };
    const handler = () => pause(cluster.clock, 100);
    const member = cluster.add(
      ...names.map((name) => ({ name, lock: 'books', schedule, jitter: 0, handler })),
    );
    await cluster.clock.advance(20_900);
    const runs = eventsOf(member, 'run-ended').map(({ job }) => job);
    for (const name of names) expect(runs.filter((job) => job === name)).toHaveLength(10);
    expect(eventsOf(member, 'skipped')).toEqual([]);
  });

  it('begin when a section of their lock has ended that was granted in the very moment', async () => {
    const cluster = new TestCluster();
    const next = (after: number): number => (Math.floor(after / 5_000) + 1) * 5_000;
    const schedule = { description: 'every five seconds', next };
    const member = cluster.add({ lock: 'books', schedule, jitter: 0 });
    cluster.clock.setTimer(
      4_999.9,
      () => {
        member.provider.scripts.set('acquire', async (carryOut) => {
          const answer = await carryOut();
          await pause(cluster.clock, 20);
          return answer;
        });
        void member.engine.section('books', () => pause(cluster.clock, 100));
      },
      true,
    );
    await cluster.clock.advance(5_300);
    expect(eventsOf(member, 'run-started')).toHaveLength(1);
  });
});
