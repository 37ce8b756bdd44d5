import { describe, expect, it } from '@jest/globals';
import { type JobDefinition, type JobRun, service, type ServiceOptions } from '@leased-jobs/core';
import { eventsOf, type Member, TestCluster } from '../support/cluster.js';
import {
  close,
  die,
  openEnd,
  outcomes,
  pause,
  returnsWhenStopped,
  started,
  untilStopped,
} from '../support/work.js';

/** Instances with a service, and how many of its handlers have been at work at once. */
function serving(
  instances: number,
  handler: (run: JobRun, cluster: TestCluster) => unknown,
  options: ServiceOptions & Partial<JobDefinition> = {},
) {
  const cluster = new TestCluster();
  const { restartDelay, maxRestartDelay, ...definition } = options;
  const inside = { now: 0, most: 0 };
  const job: Partial<JobDefinition> = {
    schedule: service({ ...(restartDelay && { restartDelay }), ...(maxRestartDelay && { maxRestartDelay }) }),
    handler: async (run) => {
      inside.most = Math.max(inside.most, ++inside.now);
      try {
        await handler(run, cluster);
      } finally {
        inside.now--;
      }
    },
    ...definition,
  };
  for (let n = 0; n < instances; n++) cluster.add(job);
  return { cluster, clock: cluster.clock, job, inside };
}

function startsOf(members: readonly Member[]): number {
  return members.flatMap((member) => eventsOf(member, 'run-started')).length;
}

describe('a service', () => {
  it('goes on without end on one instance, as a run without a slot', async () => {
    const { cluster, clock, inside } = serving(4, untilStopped);
    const holder = await started(cluster);
    await clock.advance(3_600_000);
    expect(inside).toEqual({ now: 1, most: 1 });
    expect(eventsOf(holder, 'run-started')).toMatchObject([{ slot: null }]);
    expect(startsOf(cluster.members)).toBe(1);
    expect([...holder.engine.jobs()]).toMatchObject([{ schedule: 'always', running: true, next: null }]);
  });

  it.each([
    ['returns when it is told to stop', returnsWhenStopped, 'succeeded'],
    ['throws when it is told to stop', untilStopped, 'interrupted'],
  ])('that %s is handed over at once, however long its delays', async (_what, handler, outcome) => {
    const { cluster, clock, inside } = serving(3, handler, { restartDelay: 60_000 });
    for (const { provider } of cluster.members) provider.tell();
    const holder = await started(cluster);
    await clock.advance(5_000);
    await holder.engine.drain();
    await clock.advance(5);
    expect(outcomes(holder)).toEqual([outcome]);
    expect(startsOf(cluster.members.filter((member) => member !== holder))).toBe(1);
    expect(inside.most).toBe(1);
    expect((await holder.engine.leases.read('job'))?.jobs['job']?.holdOff).toBe(0);
  });

  it('is taken over within a ttl from an instance that dies', async () => {
    const { cluster, clock } = serving(3, untilStopped);
    const holder = await started(cluster);
    await clock.advance(5_000);
    die(holder);
    await clock.advance(11_500);
    expect(startsOf(cluster.members.filter((member) => member !== holder))).toBe(1);
  });

  it('that does not heed the loss of its lease is never called beside itself in one process', async () => {
    const { cluster, clock, inside } = serving(1, () => pause(clock, 120_000));
    await started(cluster);
    cluster.store.locks.clear();
    await clock.advance(100_000);
    expect(inside).toEqual({ now: 1, most: 1 });
    await clock.advance(40_000);
    expect(outcomes(cluster.members[0] as Member)[0]).toBe('lost');
    expect(startsOf(cluster.members)).toBe(2);
    expect(inside.most).toBe(1);
  });

  it('that has lost its lease leaves its place to others without a delay', async () => {
    const { cluster, clock } = serving(2, untilStopped, { restartDelay: 60_000 });
    const holder = await started(cluster);
    cluster.store.locks.clear();
    await clock.advance(15_000);
    expect(startsOf(cluster.members)).toBe(2);
    expect(outcomes(holder)).toEqual(['lost']);
  });

  it('is called again after its delay when it returns, on any instance', async () => {
    const { cluster, clock } = serving(3, () => pause(clock, 2_000), { restartDelay: 5_000 });
    await clock.advance(60_000);
    const runs = cluster.members
      .flatMap((member) => eventsOf(member, 'run-ended'))
      .map(({ report }) => report.startedAt)
      .toSorted((a, b) => a - b);
    const pauses = runs.slice(1).map((at, index) => at - (runs[index] ?? 0) - 2_000);
    expect(pauses.length).toBeGreaterThanOrEqual(6);
    for (const ms of pauses) expect(ms).toBeGreaterThanOrEqual(5_000);
    for (const ms of pauses) expect(ms).toBeLessThan(11_500);
  });

  it('that throws again and again is called ever less often, and from the first delay on once it has been well', async () => {
    const startedAt: number[] = [];
    const { clock } = serving(
      1,
      async (_run, cluster) => {
        startedAt.push(cluster.clock.monotonic());
        if (startedAt.length === 6) await pause(cluster.clock, 9_000);
        if (startedAt.length !== 9) throw new Error(`failure ${startedAt.length}`);
      },
      { restartDelay: 1_000, maxRestartDelay: 8_000 },
    );
    await clock.advance(80_000);
    const pauses = startedAt.slice(1).map((at, index) => at - (startedAt[index] ?? 0));
    const expected = [1_000, 2_000, 4_000, 8_000, 8_000, 9_000 + 1_000, 2_000, 4_000, 1_000, 1_000, 2_000];
    expect(pauses.length).toBeGreaterThanOrEqual(expected.length);
    for (const [index, least] of expected.entries()) {
      expect(pauses[index]).toBeGreaterThanOrEqual(least);
      expect(pauses[index]).toBeLessThanOrEqual(least * 1.1 + 10);
    }
  });

  it('that throws is called by no other instance before its delay is over', async () => {
    const { cluster, clock } = serving(
      4,
      () => {
        throw new Error('no connection');
      },
      { restartDelay: 30_000 },
    );
    for (const { provider } of cluster.members) provider.tell();
    await clock.advance(29_000);
    expect(startsOf(cluster.members)).toBe(1);
    await clock.advance(10_000);
    expect(startsOf(cluster.members)).toBe(2);
  });

  it('whose attendance is queued anew, because the wall clock was set back, is called once', async () => {
    const { cluster, clock, inside } = serving(2, untilStopped);
    await started(cluster);
    cluster.add({ name: 'other' });
    await clock.advance(70_000);
    clock.stepWall(-3_600_000);
    await clock.advance(200_000);
    expect(inside).toEqual({ now: 1, most: 1 });
    expect(startsOf(cluster.members.slice(0, 2))).toBe(1);
  });

  it('leaves no timer and no watch behind a shutdown that it does not heed', async () => {
    const { cluster, clock } = serving(2, () => openEnd().ended);
    for (const { provider } of cluster.members) provider.tell();
    const holder = await started(cluster);
    for (const member of cluster.members) await close(cluster, member);
    expect(eventsOf(holder, 'drained')).toMatchObject([{ unfinished: ['job'] }]);
    expect(clock.pending).toEqual([]);
    expect(cluster.store.watchers.size).toBe(0);
  });

  it('keeps its process alive while it waits for its turn, and for its delay', async () => {
    const { cluster, clock } = serving(1, () => {}, { restartDelay: 30_000 });
    const member = cluster.members[0] as Member;
    const request = { lock: 'job', grantId: 'dead', holder: 'dead', ttl: 20_000 };
    await member.provider.acquire(request, new AbortController().signal);
    await clock.advance(5_000);
    expect(clock.pending).toMatchObject([{ keepAlive: true }]);
    await started(cluster);
    await clock.advance(5_000);
    expect(clock.pending).toMatchObject([{ keepAlive: true }]);
    await close(cluster, member);
    expect(clock.pending).toEqual([]);
  });
});

describe('a service that is removed', () => {
  it('is told so, and is handed over to another instance', async () => {
    const reasons: unknown[] = [];
    const { cluster, clock } = serving(2, async (run) => {
      await untilStopped(run).catch((reason: unknown) => reasons.push(reason));
    });
    for (const { provider } of cluster.members) provider.tell();
    const holder = await started(cluster);
    await clock.advance(5_000);
    holder.engine.remove('job');
    await clock.advance(5);
    expect(reasons).toMatchObject([{ name: 'JobStoppedError', job: 'job', why: 'removed' }]);
    expect(startsOf(cluster.members)).toBe(2);
    expect(eventsOf(holder, 'run-started')).toHaveLength(1);
    await clock.advance(60_000);
    expect(eventsOf(holder, 'run-started')).toHaveLength(1);
    expect([...cluster.store.watchers.values()].map(({ size }) => size)).toEqual([1]);
  });

  it('does not begin any more if it was being asked for', async () => {
    const { cluster, clock } = serving(1, untilStopped);
    const member = cluster.members[0] as Member;
    const asked = openEnd();
    member.provider.scripts.set('acquire', async (carryOut) => {
      await asked.ended;
      return carryOut();
    });
    while (member.provider.calls.length === 0) await clock.advance(50);
    member.engine.remove('job');
    asked.end();
    await clock.advance(1_000);
    expect(eventsOf(member, 'run-started')).toEqual([]);
    expect(cluster.store.locks.get('job')?.lease).toBeNull();
  });

  it.each([
    ['heeds its signal', returnsWhenStopped, 2_100],
    ['does not', (_run: JobRun, { clock }: TestCluster) => pause(clock, 30_000), 32_100],
  ])(
    'and added again begins anew when the one before has ended, which %s',
    async (_what, handler, within) => {
      const { cluster, clock, job, inside } = serving(1, handler);
      const member = await started(cluster);
      expect(member.engine.remove('job')).toBe(true);
      member.engine.add({ name: 'job', schedule: service(), handler: () => {}, ...job });
      await clock.advance(within);
      expect(startsOf([member])).toBe(2);
      expect(inside).toEqual({ now: 1, most: 1 });
    },
  );

  it('is watched by nobody, although it was about to wait when it was removed', async () => {
    const { cluster, clock } = serving(2, untilStopped);
    for (const { provider } of cluster.members) provider.tell();
    const holder = await started(cluster);
    const other = cluster.members.find((member) => member !== holder) as Member;
    const asked = openEnd();
    other.provider.scripts.set('acquire', async (carryOut) => {
      await asked.ended;
      return carryOut();
    });
    other.engine.remove('job');
    other.engine.add({ name: 'job', schedule: service(), handler: () => {} });
    await clock.advance(2_100);
    const watches = (): number => [...(cluster.store.watchers.get('job') ?? [])].length;
    other.engine.remove('job');
    const before = watches();
    asked.end();
    await clock.advance(1_000);
    expect(watches()).toBe(before);
  });

  it('is watched for a pause no more, although its handler goes on', async () => {
    const { cluster, clock } = serving(1, () => openEnd().ended);
    const member = await started(cluster);
    member.provider.tell();
    member.engine.remove('job');
    await clock.advance(60_000);
    expect(cluster.store.watchers.size).toBe(0);
    await close(cluster, member);
  });
});
