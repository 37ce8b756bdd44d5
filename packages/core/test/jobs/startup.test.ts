import { describe, expect, it } from '@jest/globals';
import { atStart, interval, type JobDefinition, StartupError, StoreError } from '@leased-jobs/core';
import { eventsOf, type Member, TestCluster } from '../support/cluster.js';
import { close, die, openEnd, pause, returnsWhenStopped, stateOf, untilStopped } from '../support/work.js';

const V1 = atStart({ once: 'v1' });
const V2 = atStart({ once: 'v2' });

/** Instances with one job that is due when they start, and how its handlers have gone on. */
function starting(instances: number, definition: Partial<JobDefinition> = {}, takes = 1_000) {
  const cluster = new TestCluster();
  const inside = { now: 0, most: 0, calls: 0 };
  const job: Partial<JobDefinition> = {
    schedule: atStart(),
    handler: async () => {
      inside.calls++;
      inside.most = Math.max(inside.most, ++inside.now);
      await pause(cluster.clock, takes);
      inside.now--;
    },
    ...definition,
  };
  const members = Array.from({ length: instances }, () => cluster.prepare({}, job));
  const startUps = (): readonly Promise<void>[] => members.map(({ engine }) => engine.startUp());
  return { cluster, clock: cluster.clock, members, job, inside, startUps };
}

/** The error with which a start fails. */
async function failure(starting: Promise<void>): Promise<StartupError> {
  const error: unknown = await starting.then(
    () => 'it has not failed',
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(StartupError);
  return error as StartupError;
}

describe('a start', () => {
  it('has nothing to wait for without a job that is due then', async () => {
    const { engine } = new TestCluster().prepare({}, { schedule: interval(1_000) });
    expect(await engine.startUp()).toBeUndefined();
  });

  it('does one job after the other, in the order in which they were added, under their locks', async () => {
    const cluster = new TestCluster();
    const order: string[] = [];
    const handler: JobDefinition['handler'] = async ({ job, slot, fencingToken }) => {
      order.push(`${job} in ${String(slot)} ${fencingToken}`);
      await pause(cluster.clock, 1_000);
      order.push(`${job} out`);
    };
    const names = ['c', 'a', 'b'].map((name) => ({ name, lock: 'schema', schedule: atStart(), handler }));
    const member = cluster.prepare({}, ...names);
    const startUp = member.engine.startUp();
    await cluster.clock.advance(3_000);
    await startUp;
    expect(order).toEqual(['c in null 1', 'c out', 'a in null 2', 'a out', 'b in null 3', 'b out']);
    expect(eventsOf(member, 'run-ended').map(({ report }) => report.outcome)).toEqual(
      Array(3).fill('succeeded'),
    );
  });

  it('does nothing that is not enabled, and nothing again when the slots are attended', async () => {
    const { cluster, clock, members, startUps, inside } = starting(1);
    members[0]?.engine.add({
      name: 'off',
      schedule: atStart(),
      enabled: false,
      handler: () => void inside.calls++,
    });
    const startUp = Promise.all(startUps());
    await clock.advance(1_000);
    await startUp;
    members[0]?.engine.start();
    await clock.advance(3_600_000);
    expect(inside.calls).toBe(1);
    await close(cluster, members[0] as Member);
  });

  it('is done by one instance at a time, and by each, if it is not for once', async () => {
    const { clock, members, startUps, inside } = starting(5);
    for (const { provider } of members) provider.tell();
    const all = Promise.all(startUps());
    await clock.advance(5_500);
    await all;
    expect(inside).toEqual({ now: 0, most: 1, calls: 5 });
  });

  it('keeps its process alive while it waits', async () => {
    const { clock, members, startUps } = starting(1);
    const request = { lock: 'job', grantId: 'dead', holder: 'dead', ttl: 20_000 };
    await members[0]?.provider.acquire(request, new AbortController().signal);
    const [startUp] = startUps();
    await clock.advance(5_000);
    expect(clock.pending).toMatchObject([{ keepAlive: true }]);
    await clock.advance(20_000);
    await startUp;
  });

  it('fails with what the job has thrown, and begins none after it', async () => {
    const { members, startUps, inside } = starting(1, {
      handler: () => {
        throw new Error('no such column');
      },
    });
    members[0]?.engine.add({ name: 'after', schedule: atStart(), handler: () => void inside.calls++ });
    const error = await failure(startUps()[0] as Promise<void>);
    expect(error).toMatchObject({
      job: 'job',
      cause: { message: 'no such column' },
      code: 'LEASED_JOBS_STARTUP',
    });
    expect(error.message).toBe('"job" has to be done before this app can start, and was not: no such column');
    expect(inside.calls).toBe(0);
  });

  it('tries a job that fails again, as often as that says', async () => {
    let calls = 0;
    const { clock, startUps } = starting(1, {
      retry: { attempts: 3, delay: 100 },
      handler: () => {
        if (++calls < 3) throw new Error('not yet');
      },
    });
    const [startUp] = startUps();
    await clock.advance(300);
    await startUp;
    expect(calls).toBe(3);
  });

  it('goes on when its job is removed meanwhile', async () => {
    const { clock, members, startUps } = starting(2);
    const [first, second] = startUps();
    await clock.advance(100);
    members[1]?.engine.remove('job');
    await clock.advance(12_000);
    await Promise.all([first, second]);
    expect(eventsOf(members[1] as Member, 'run-started')).toEqual([]);
  });
});

describe('what is done once', () => {
  it('is done by one of ten instances, and the others go on when it is', async () => {
    const { clock, members, startUps, inside } = starting(10, { schedule: V1 }, 5_000);
    for (const { provider } of members) provider.tell();
    const all = startUps();
    await clock.advance(4_900);
    for (const startUp of all) expect(await stateOf(clock, startUp)).toBe('pending');
    await clock.advance(200);
    await Promise.all(all);
    expect(inside.calls).toBe(1);
    expect((await members[0]?.engine.leases.read('job'))?.jobs).toMatchObject({ 'job@v1': { lastSlot: 1 } });
    expect([...(members[0]?.engine.jobs() ?? [])]).toMatchObject([
      { name: 'job', record: 'job@v1', next: null },
    ]);
  });

  it('is waited for no longer than a ttl where the store tells nothing', async () => {
    const { clock, startUps, inside } = starting(10, { schedule: V1 }, 5_000);
    const all = Promise.all(startUps());
    await clock.advance(5_000 + 11_500);
    await all;
    expect(inside.calls).toBe(1);
  });

  it('is not done again by an instance that starts later', async () => {
    const { cluster, clock, startUps, inside, job } = starting(1, { schedule: V1 });
    const [startUp] = startUps();
    await clock.advance(1_000);
    await startUp;
    await cluster.prepare({}, job).engine.startUp();
    expect(inside.calls).toBe(1);
  });

  it('is done by another of ten instances if the first dies in it', async () => {
    const { cluster, clock, members, startUps, inside } = starting(10, { schedule: V1 }, 5_000);
    const all = startUps();
    await clock.advance(100);
    const [first] = members.filter((member) => eventsOf(member, 'run-started').length > 0) as [Member];
    die(first);
    const others = all.filter((_, index) => members[index] !== first);
    void all[members.indexOf(first)]?.catch(() => {});
    await clock.advance(40_000);
    await Promise.all(others);
    expect(inside.calls).toBe(2);
    await close(cluster, first);
  });

  it('is done by another of ten instances if it fails on the first, whose start fails', async () => {
    let calls = 0;
    const { clock, members, startUps } = starting(10, {
      schedule: V1,
      handler: async () => {
        const call = ++calls;
        await pause(clock, 1_000);
        if (call === 1) throw new Error('no such column');
      },
    });
    for (const { provider } of members) provider.tell();
    const all = Promise.allSettled(startUps());
    await clock.advance(5_000);
    const rejected = (await all).filter(({ status }) => status === 'rejected');
    expect(rejected).toHaveLength(1);
    expect(calls).toBe(2);
  });

  it('is done once for each value, one after the other and side by side, as in a rolling deployment', async () => {
    const { cluster, clock, startUps, inside, job } = starting(3, { schedule: V1 });
    const old = Promise.all(startUps());
    const others = [1, 2, 3].map(() => cluster.prepare({}, { ...job, schedule: V2 }));
    const fresh = Promise.all(others.map(({ engine }) => engine.startUp()));
    await clock.advance(60_000);
    await Promise.all([old, fresh]);
    expect(inside).toEqual({ now: 0, most: 1, calls: 2 });
    // An instance of the old version starts anew in mid-deployment.
    await cluster.prepare({}, job).engine.startUp();
    expect(inside.calls).toBe(2);
    const { jobs } = (await others[0]?.engine.leases.read('job')) ?? {};
    expect(Object.keys(jobs ?? {}).toSorted()).toEqual(['job@v1', 'job@v2']);
  });

  it('is not done if it has lost its lease, and the start fails', async () => {
    const { cluster, clock, startUps, members } = starting(1, { schedule: V1 }, 15_000);
    const failing = failure(startUps()[0] as Promise<void>);
    await clock.advance(1_000);
    cluster.store.locks.clear();
    await clock.advance(15_000);
    expect((await failing).cause).toMatchObject({ name: 'LeaseLostError' });
    expect((await members[0]?.engine.leases.read('job'))?.jobs ?? {}).toEqual({});
  });
});

describe('a start whose store cannot be asked', () => {
  it('goes on asking while that is away, and is done when it is back', async () => {
    const { clock, members, startUps, inside } = starting(1);
    const { provider } = members[0] as Member;
    provider.scripts.set('acquire', () => Promise.reject(new Error('away')));
    const [startUp] = startUps();
    await clock.advance(60_000);
    expect(await stateOf(clock, startUp as Promise<void>)).toBe('pending');
    provider.scripts.delete('acquire');
    await clock.advance(35_000);
    await startUp;
    expect(inside.calls).toBe(1);
  });

  it('fails at the end of its time, and tells why', async () => {
    const { clock, members, startUps } = starting(1, { schedule: atStart({ timeout: 20_000 }) });
    members[0]?.provider.scripts.set('acquire', () => Promise.reject(new Error('away')));
    const failing = failure(startUps()[0] as Promise<void>);
    await clock.advance(21_000);
    expect((await failing).cause).toMatchObject({ name: 'StartupTimeoutError', timeout: 20_000 });
    expect((await failing).message).toContain('away');
  });

  it('fails at once if it is denied', async () => {
    const { clock, members, startUps } = starting(1);
    const denied = new StoreError('wrong password', { kind: 'denied' });
    members[0]?.provider.scripts.set('acquire', () => Promise.reject(denied));
    const failing = failure(startUps()[0] as Promise<void>);
    await clock.advance(100);
    expect((await failing).cause).toBe(denied);
    expect(members[0]?.provider.times('acquire')).toHaveLength(1);
  });
});

describe('the timeout of a start', () => {
  it('ends the wait for another instance', async () => {
    const { clock, startUps } = starting(2, { schedule: atStart({ timeout: 30_000 }) }, 60_000);
    const [first, second] = startUps();
    void first?.catch(() => {});
    const failing = failure(second as Promise<void>);
    await clock.advance(30_100);
    expect((await failing).message).toBe(
      '"job" has to be done before this app can start, and was not: "job" was not done within 30000 ms: another instance held its lock. Look at that instance or that store, or raise `timeout`.',
    );
  });

  it('ends the wait for another run of this instance, and says so', async () => {
    const { clock, members, startUps } = starting(1, { schedule: atStart({ timeout: 30_000 }) });
    void members[0]?.engine.section('job', () => openEnd().ended);
    await clock.advance(10);
    const failing = failure(startUps()[0] as Promise<void>);
    await clock.advance(30_100);
    expect((await failing).message).toContain('another run of this instance held its lock');
  });

  it('counts the wait and the run together, and tells the run to stop', async () => {
    const reasons: unknown[] = [];
    const { cluster, clock, members, startUps } = starting(1, {
      schedule: atStart({ timeout: 30_000, once: 'v1' }),
      handler: async (run) =>
        untilStopped(run).catch((reason: unknown) => {
          reasons.push(reason);
          throw reason;
        }),
    });
    const blocker = cluster.prepare({});
    void blocker.engine.leases.withLease('job', () => pause(clock, 10_000));
    await clock.advance(1);
    const failing = failure(startUps()[0] as Promise<void>);
    await clock.advance(29_900);
    expect(eventsOf(members[0] as Member, 'run-started')).toHaveLength(1);
    expect(reasons).toEqual([]);
    await clock.advance(200);
    expect(reasons).toMatchObject([{ name: 'StartupTimeoutError', job: 'job', timeout: 30_000 }]);
    expect((await failing).cause).toBe(reasons[0]);
    expect((await failing).message).toContain('its handler was still at work');
    expect((await members[0]?.engine.leases.read('job'))?.jobs['job@v1']?.lastSlot).toBeNull();
  });

  it('does not wait for a handler that goes on: its lease is kept, and the drain waits for it', async () => {
    const { ended, end } = openEnd();
    const { clock, members, startUps } = starting(2, {
      schedule: atStart({ timeout: 5_000 }),
      handler: () => ended,
    });
    const [first, second] = startUps();
    void second?.catch(() => {});
    const failing = failure(first as Promise<void>);
    await clock.advance(5_100);
    await failing;
    const [holder, other] = members as [Member, Member];
    expect(await other.engine.leases.tryAcquire('job')).toBeNull();
    const draining = holder.engine.drain();
    await clock.advance(2_000);
    expect(await stateOf(clock, draining)).toBe('pending');
    end();
    await clock.advance(0);
    expect(await draining).toMatchObject({ unfinished: [] });
  });

  it('begins no run any more that is granted too late', async () => {
    const { clock, members, startUps, inside } = starting(1, { schedule: atStart({ timeout: 300 }) });
    members[0]?.provider.scripts.set('acquire', async (carryOut) => {
      await pause(clock, 400);
      return carryOut();
    });
    const failing = failure(startUps()[0] as Promise<void>);
    await clock.advance(1_000);
    expect((await failing).cause).toMatchObject({ name: 'StartupTimeoutError' });
    expect(inside.calls).toBe(0);
    expect((await members[0]?.engine.leases.read('job'))?.lease).toBeNull();
  });
});

describe('a start whose engine is closed meanwhile', () => {
  it('fails while it waits, at once', async () => {
    const { clock, members, startUps } = starting(2, {}, 60_000);
    const [first, second] = startUps();
    void first?.catch(() => {});
    await clock.advance(1_000);
    const failing = failure(second as Promise<void>);
    await members[1]?.engine.close();
    expect((await failing).cause).toMatchObject({ name: 'ShutdownError', job: 'job' });
  });

  it('fails when the run has heeded its signal by throwing', async () => {
    const { clock, members, startUps } = starting(1, { handler: untilStopped });
    const failing = failure(startUps()[0] as Promise<void>);
    await clock.advance(1_000);
    await members[0]?.engine.close();
    expect((await failing).cause).toMatchObject({ name: 'ShutdownError' });
  });

  it('is done with what has returned, and fails before what is next', async () => {
    const { clock, members, startUps, inside } = starting(1, { handler: returnsWhenStopped });
    members[0]?.engine.add({ name: 'next', schedule: atStart(), handler: () => void inside.calls++ });
    const failing = failure(startUps()[0] as Promise<void>);
    await clock.advance(1_000);
    await members[0]?.engine.close();
    expect(await failing).toMatchObject({ job: 'next', cause: { name: 'ShutdownError' } });
    expect(inside.calls).toBe(0);
  });

  it('fails at the end of the drain if the run goes on, and leaves no timer', async () => {
    const { clock, members, startUps } = starting(1, { handler: () => openEnd().ended });
    const failing = failure(startUps()[0] as Promise<void>);
    await clock.advance(1_000);
    const closing = members[0]?.engine.close();
    await clock.advance(11_000);
    expect(await closing).toMatchObject({ unfinished: ['job'] });
    expect((await failing).cause).toMatchObject({ name: 'ShutdownError' });
    expect(clock.pending).toEqual([]);
  });

  it('fails if it was closed before', async () => {
    const { members, startUps } = starting(1);
    await members[0]?.engine.close();
    expect((await failure(startUps()[0] as Promise<void>)).cause).toMatchObject({ name: 'ShutdownError' });
  });
});
