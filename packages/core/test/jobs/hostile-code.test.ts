import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from '@jest/globals';
import { currentRun, interval, type JobRun, LeasesClosedError, StoreError } from '@leased-jobs/core';
import { eventsOf, TestCluster } from '../support/cluster.js';

const MINUTE = 60_000;
const SECOND = interval(1_000);

describe('a job whose handler throws', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();

  it.each([
    ['a symbol', Symbol('odd')],
    ['a revoked proxy', proxy],
    ['an error without a message', Object.assign(new Error('x'), { message: undefined })],
    ['undefined', undefined],
    ['an object that cannot be shown', { toJSON: () => Symbol('odd') }],
  ])('%s goes on with its schedule, and gives each lease back', async (_what, thrown) => {
    const cluster = new TestCluster();
    const member = cluster.add({
      schedule: SECOND,
      handler: () => {
        throw thrown;
      },
    });
    await cluster.clock.advance(10_000);
    expect(eventsOf(member, 'run-ended').length).toBeGreaterThanOrEqual(9);
    expect(member.provider.times('release').length).toBeGreaterThanOrEqual(9);
    expect((await member.engine.leases.read('job'))?.lease).toBeNull();
  });
});

describe('a schedule', () => {
  it('that comes to its end is heard no more', async () => {
    const cluster = new TestCluster();
    const at = cluster.clock.wall() + 5_000;
    const member = cluster.add({
      schedule: { description: 'once', next: (after) => (after < at ? at : Infinity) },
    });
    await cluster.clock.advance(MINUTE);
    expect(eventsOf(member, 'run-ended')).toMatchObject([{ report: { outcome: 'succeeded', slot: at } }]);
    expect([...member.engine.jobs()]).toMatchObject([{ next: null }]);
  });

  it('of uneven periods has its last slot run after a sleep, however long the pause after it is', async () => {
    const cluster = new TestCluster();
    const hour = 3_600_000;
    // At minutes 1 and 2 of each hour.
    const next = (after: number): number => {
      const begin = Math.floor(after / hour) * hour;
      return [60_000, 120_000, hour + 60_000].map((at) => begin + at).find((slot) => slot > after) ?? 0;
    };
    const member = cluster.add({ schedule: { description: 'uneven', next } });
    await cluster.clock.advance(30_000);
    await cluster.clock.freeze(240_000);
    await cluster.clock.advance(10_000);
    const slots = eventsOf(member, 'run-ended').map(({ report }) => (report.slot ?? 0) % hour);
    expect(slots).toEqual([120_000]);
  });

  it('that throws is reported, and silences no other job', async () => {
    const cluster = new TestCluster();
    let calls = 0;
    const broken = {
      description: 'broken',
      next: (after: number, job: string) => {
        if (calls++ > 5) throw new Error('no more slots');
        return SECOND.next(after, job);
      },
    };
    const member = cluster.add({ name: 'broken', schedule: broken }, { name: 'whole', schedule: SECOND });
    await cluster.clock.advance(10_000);
    expect(eventsOf(member, 'attendance-failed')).toContainEqual(
      expect.objectContaining({
        job: 'broken',
        error: expect.objectContaining({ message: 'no more slots' }),
      }),
    );
    expect(eventsOf(member, 'run-ended').length).toBeGreaterThanOrEqual(9);
  });

  it('that throws now and then is not queued twice for it', async () => {
    const cluster = new TestCluster();
    let calls = 0;
    const next = (after: number, job: string): number => {
      if (++calls % 100 === 0) throw new Error('now and then');
      return interval(5_000).next(after, job);
    };
    const member = cluster.add({ schedule: { description: 'moody', next } });
    await cluster.clock.advance(10 * MINUTE);
    expect(eventsOf(member, 'attendance-failed').length).toBeGreaterThan(2);
    expect(member.provider.times('acquire').length).toBeLessThanOrEqual(120);
    expect(eventsOf(member, 'skipped')).toEqual([]);
  });

  it('that is none is refused', () => {
    const cluster = new TestCluster();
    const { engine } = cluster.add();
    const definition = { name: 'job', schedule: 'every day' as never, handler: () => {} };
    expect(() => engine.add(definition)).toThrow('The schedule of job "job" is "every day"');
  });
});

describe('a provider', () => {
  it('that cannot be watched, or not be left, costs time and nothing else', async () => {
    const cluster = new TestCluster();
    const definition = {
      schedule: interval(30_000),
      handler: async () => new Promise<void>((resolve) => void cluster.clock.setTimer(15_000, resolve, true)),
    };
    const [one, two] = [cluster.add(definition), cluster.add(definition)];
    one.provider.watch = () => {
      throw new Error('no watch');
    };
    two.provider.watch = () => ({
      close: () => {
        throw new Error('no end');
      },
    });
    await cluster.clock.advance(5 * MINUTE);
    const ended = [one, two].flatMap((member) => eventsOf(member, 'run-ended'));
    expect(ended.length).toBeGreaterThanOrEqual(8);
    const closing = Promise.all([one.engine.close(), two.engine.close()]);
    await cluster.clock.advance(20_000);
    await closing;
    expect(two.provider.times('close')).toHaveLength(1);
  });

  it.each([
    ['nothing', undefined],
    ['an empty object', {}],
    ['a token that is no number', { lock: 'job', grantId: 'mine', fencingToken: Number.NaN, lastSlot: null }],
    ["somebody else's grant", { lock: 'job', grantId: 'another', fencingToken: 7, lastSlot: null }],
  ])('that answers %s is believed nothing', async (_what, answer) => {
    const cluster = new TestCluster();
    const { engine, provider } = cluster.add();
    provider.scripts.set('acquire', async () => answer);
    await expect(engine.leases.tryAcquire('job')).rejects.toBeInstanceOf(StoreError);
  });

  it('may throw in its listener for an aborted call: the call fails, and the process lives', async () => {
    const cluster = new TestCluster();
    const { engine, provider } = cluster.add();
    provider.scripts.set('acquire', (_carryOut, signal) => {
      signal.addEventListener('abort', () => {
        throw new Error('thrown by a listener of the provider');
      });
      return new Promise(() => {});
    });
    const failing = expect(engine.leases.tryAcquire('job')).rejects.toBeInstanceOf(StoreError);
    await cluster.clock.advance(MINUTE);
    await failing;
  });

  it('is given a signal that has not aborted, after calls that were given up', async () => {
    const cluster = new TestCluster();
    const { engine, provider } = cluster.add();
    const seen: AbortSignal[] = [];
    provider.scripts.set('acquire', (carryOut, signal) => {
      seen.push(signal);
      expect(signal.aborted).toBe(false);
      return seen.length % 2 === 1 ? new Promise(() => {}) : carryOut();
    });
    for (let n = 0; n < 5; n++) {
      const acquiring = engine.leases.withLease('job', () => {});
      await cluster.clock.advance(10_000);
      expect(await acquiring).toMatchObject({ ran: true });
    }
    expect(seen).toHaveLength(10);
  });

  it('that denies is asked once a minute, however fast the job is', async () => {
    const cluster = new TestCluster();
    const member = cluster.add({ schedule: SECOND });
    member.provider.scripts.set('acquire', () => Promise.reject(new StoreError('no', { kind: 'denied' })));
    await cluster.clock.advance(10 * MINUTE);
    expect(member.provider.times('acquire').length).toBeLessThanOrEqual(11);
    member.provider.scripts.clear();
    await cluster.clock.advance(2 * MINUTE);
    expect(eventsOf(member, 'run-ended').length).toBeGreaterThan(50);
  });
});

describe('a run that was lost', () => {
  it('is made up for by its own instance, if no other has taken the slot', async () => {
    const cluster = new TestCluster();
    let runs = 0;
    const member = cluster.add({
      schedule: interval(3_600_000),
      handler: async (run) => {
        if (runs++ > 0) return;
        await new Promise<void>((resolve) => run.signal.addEventListener('abort', () => resolve()));
      },
    });
    while (runs === 0) await cluster.clock.advance(1_000);
    cluster.store.locks.clear();
    await cluster.clock.advance(MINUTE);
    expect(eventsOf(member, 'run-ended').map(({ report }) => report.outcome)).toEqual(['lost', 'succeeded']);
  });

  it('lets no other job of its lock run in the same process before it has ended', async () => {
    const cluster = new TestCluster();
    let inside = 0;
    let most = 0;
    const handler = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await new Promise<void>((resolve) => void cluster.clock.setTimer(40_000, resolve, true));
      inside--;
    };
    const schedule = interval(5_000);
    cluster.add(
      { name: 'a', lock: 'books', schedule, handler },
      { name: 'b', lock: 'books', schedule, handler },
    );
    await cluster.clock.advance(8_000);
    cluster.store.locks.clear();
    await cluster.clock.advance(5 * MINUTE);
    expect(most).toBe(1);
  });

  it('is not begun at all if its lease was lost before its handler was called', async () => {
    const cluster = new TestCluster();
    let called = 0;
    const member = cluster.add({ handler: () => void called++ });
    const slow = member.engine.events.subscribe(({ type }) => {
      if (type === 'run-started') cluster.clock.stepWall(60_000);
    });
    while (eventsOf(member, 'run-ended').length === 0) await cluster.clock.advance(1_000);
    slow();
    expect(called).toBe(0);
    expect(eventsOf(member, 'run-ended')[0]).toMatchObject({ report: { outcome: 'lost' } });
  });

  it('is told so within a second of waking up, although its timers slept as well', async () => {
    const cluster = new TestCluster();
    let lostAt = 0;
    cluster.add({
      handler: async (run) => {
        await new Promise<void>((resolve) => run.signal.addEventListener('abort', () => resolve()));
        lostAt = cluster.clock.monotonic();
      },
    });
    while (eventsOf(cluster.members[0] as never, 'run-started').length === 0)
      await cluster.clock.advance(100);
    const woken = cluster.clock.monotonic();
    // A suspended virtual machine: only the wall clock has gone on.
    cluster.clock.stepWall(9_900);
    await cluster.clock.advance(1_100);
    expect(lostAt - woken).toBeLessThanOrEqual(1_000);
    expect(lostAt).toBeGreaterThan(0);
  });
});

describe('an engine', () => {
  it('gives no lease after it was closed, and keeps nobody waiting for one', async () => {
    const cluster = new TestCluster();
    const { engine, provider } = cluster.add();
    const other = cluster.add();
    await other.engine.leases.tryAcquire('taken');
    const waiting = expect(engine.leases.acquire('taken', { wait: Infinity })).rejects.toBeInstanceOf(
      LeasesClosedError,
    );
    await cluster.clock.advance(1_000);
    await engine.close();
    await waiting;
    const asked = provider.times('acquire').length;
    await expect(engine.leases.tryAcquire('free')).rejects.toBeInstanceOf(LeasesClosedError);
    expect(provider.times('acquire')).toHaveLength(asked);
  });

  it('holds no lease that is granted while it closes, and ends a release that fails', async () => {
    const cluster = new TestCluster();
    // A drain would wait for the release.
    const { engine, provider } = cluster.addWith({ drainTimeout: 0 });
    const held = await engine.leases.tryAcquire('held');
    provider.scripts.set('release', () => Promise.reject(new StoreError('away', { kind: 'transient' })));
    void held?.release();
    provider.scripts.set('acquire', async (carryOut) => {
      await new Promise<void>((resolve) => void cluster.clock.setTimer(50, resolve, true));
      return carryOut();
    });
    const asking = expect(engine.leases.tryAcquire('late')).rejects.toBeInstanceOf(LeasesClosedError);
    await cluster.clock.advance(10);
    const closing = engine.close();
    await cluster.clock.advance(1_000);
    await closing;
    await asking;
    const asked = provider.calls.length;
    await cluster.clock.advance(MINUTE);
    expect(provider.calls).toHaveLength(asked);
    expect(cluster.clock.pending).toEqual([]);
  });

  it('runs all slots of two fast jobs that share a lock', async () => {
    const cluster = new TestCluster();
    const handler = async () =>
      new Promise<void>((resolve) => void cluster.clock.setTimer(50, resolve, true));
    const schedule = interval(200);
    const member = cluster.add(
      { name: 'a', lock: 'books', schedule, handler },
      { name: 'b', lock: 'books', schedule, handler },
    );
    await cluster.clock.advance(20_100);
    for (const job of ['a', 'b']) {
      expect(
        eventsOf(member, 'run-ended').filter((event) => event.job === job).length,
      ).toBeGreaterThanOrEqual(99);
    }
  });

  it('runs jobs in no context of whoever has added them', async () => {
    const cluster = new TestCluster();
    const { engine } = cluster.add();
    const requests = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    requests.run('a request', () => {
      engine.add({ name: 'job', schedule: SECOND, handler: () => void seen.push(requests.getStore()) });
    });
    await cluster.clock.advance(3_000);
    expect(new Set(seen)).toEqual(new Set([undefined]));
  });

  it('counts what begins only when it is awaited as part of the run', async () => {
    const cluster = new TestCluster();
    const seen: (JobRun | undefined)[] = [];
    cluster.add({
      schedule: SECOND,
      // As the queries of knex and mongoose do.
      // oxlint-disable-next-line no-thenable
      handler: () => ({ then: (resolve: () => void) => (seen.push(currentRun()), resolve()) }),
    });
    await cluster.clock.advance(3_000);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen).not.toContain(undefined);
  });

  it('attends no slot of a job that was removed, and watches its lock no more', async () => {
    const cluster = new TestCluster();
    const busy = { schedule: interval(30_000), handler: async () => new Promise<void>(() => {}) };
    const [one, two] = [cluster.add(busy), cluster.add(busy)];
    for (const { provider } of [one, two]) provider.tell();
    await cluster.clock.advance(45_000);
    const waits = eventsOf(one, 'run-started').length > 0 ? two : one;
    waits.engine.remove('job');
    cluster.store.locks.clear();
    await cluster.clock.advance(5 * MINUTE);
    expect(eventsOf(waits, 'run-started')).toEqual([]);
  });
});
