import { describe, expect, it, jest } from '@jest/globals';
import {
  ConfigurationError,
  currentRun,
  interval,
  type JobDefinition,
  JobEngine,
  type JobRun,
  MemoryLeaseProvider,
} from '@leased-jobs/core';
import { eventsOf, type Member, TestCluster } from '../support/cluster.js';

const MINUTE = 60_000;

function startsOf(cluster: TestCluster): { slot: number; fencingToken: number }[] {
  return cluster.members
    .flatMap((member) => eventsOf(member, 'run-started'))
    .map(({ slot, fencingToken }) => ({ slot: slot?.getTime() ?? 0, fencingToken }))
    .toSorted((a, b) => a.fencingToken - b.fencingToken);
}

function outcomes(member: Member): string[] {
  return eventsOf(member, 'run-ended').map(({ report }) => report.outcome);
}

/** A handler that goes on until it is told to stop, and then throws the reason. */
async function untilStopped(run: JobRun): Promise<void> {
  await new Promise((_resolve, reject) => {
    run.signal.addEventListener('abort', () => reject(run.signal.reason as Error));
  });
}

describe('a job of ten instances', () => {
  it('runs once per slot in the whole cluster, with a larger token each time', async () => {
    const cluster = new TestCluster();
    for (let n = 0; n < 10; n++) cluster.add({ schedule: interval(500) });
    await cluster.clock.advance(20_000);
    const starts = startsOf(cluster);
    expect(starts.length).toBeGreaterThanOrEqual(39);
    expect(new Set(starts.map(({ slot }) => slot)).size).toBe(starts.length);
    expect(new Set(starts.map(({ fencingToken }) => fencingToken)).size).toBe(starts.length);
  });

  it('attends every slot of its grid', async () => {
    const cluster = new TestCluster();
    for (let n = 0; n < 3; n++) cluster.add({ schedule: interval(500) });
    await cluster.clock.advance(10_000);
    const slots = startsOf(cluster).map(({ slot }) => slot);
    const gaps = slots.slice(1).map((slot, index) => slot - (slots[index] ?? 0));
    expect(new Set(gaps)).toEqual(new Set([500]));
  });

  it('is asked for once per slot by an instance that loses', async () => {
    const cluster = new TestCluster();
    for (let n = 0; n < 10; n++) cluster.add({ schedule: interval(500) });
    await cluster.clock.advance(20_000);
    for (const { provider } of cluster.members)
      expect(provider.times('acquire').length).toBeLessThanOrEqual(41);
  });
});

describe('a slot', () => {
  const HOUR = 3_600_000;

  /** Two instances; the first to be granted the slot runs `handler`, the other one waits. */
  async function running(handler: (run: JobRun, cluster: TestCluster) => unknown, policies = {}) {
    const cluster = new TestCluster();
    let runs = 0;
    const definition = {
      schedule: interval(HOUR),
      handler: (run: JobRun) => (runs++ === 0 ? handler(run, cluster) : undefined),
      ...policies,
    };
    const [one, two] = [cluster.add(definition), cluster.add(definition)];
    while (runs === 0) await cluster.clock.advance(MINUTE / 4);
    const holder = eventsOf(one, 'run-started').length > 0 ? one : two;
    return { cluster, holder, other: holder === one ? two : one };
  }

  /** As if the process had ended: nothing that it sends arrives any more. */
  function die({ provider }: Member): void {
    for (const operation of ['acquire', 'renew', 'release'] as const) {
      provider.scripts.set(operation, () => new Promise(() => {}));
    }
  }

  it('is taken over within a ttl when its holder dies', async () => {
    const { cluster, holder, other } = await running(() => new Promise(() => {}));
    const [first] = startsOf(cluster);
    die(holder);
    await cluster.clock.advance(11_500);
    expect(eventsOf(other, 'run-started')).toMatchObject([{ fencingToken: 2 }]);
    expect(startsOf(cluster).map(({ slot }) => slot)).toEqual([first?.slot, first?.slot]);
  });

  it('is not run again when its holder dies, if onCrash is "skip"', async () => {
    const { cluster, holder, other } = await running(() => new Promise(() => {}), { onCrash: 'skip' });
    die(holder);
    await cluster.clock.advance(30 * MINUTE);
    expect(eventsOf(other, 'run-started')).toEqual([]);
    expect(eventsOf(other, 'skipped')).toMatchObject([{ reason: 'done' }]);
  });

  it('is handed over when a shutdown interrupts its run', async () => {
    const { cluster, holder, other } = await running(untilStopped);
    await holder.engine.close();
    expect(outcomes(holder)).toEqual(['interrupted']);
    await cluster.clock.advance(11_500);
    expect(outcomes(other)).toEqual(['succeeded']);
    expect(new Set(startsOf(cluster).map(({ slot }) => slot)).size).toBe(1);
  });

  it('is done when a run ends during a shutdown without having been interrupted', async () => {
    const { cluster, holder, other } = await running(async (_run, { clock }) => {
      await new Promise<void>((resolve) => void clock.setTimer(3_000, resolve, true));
    });
    const closing = holder.engine.close();
    await cluster.clock.advance(5_000);
    expect(await closing).toMatchObject({ unfinished: [] });
    await cluster.clock.advance(15_000);
    expect(outcomes(holder)).toEqual(['succeeded']);
    expect(eventsOf(other, 'run-started')).toEqual([]);
  });

  it('is done when its run fails', async () => {
    const { cluster, holder, other } = await running(() => Promise.reject(new Error('no paper')));
    await cluster.clock.advance(15_000);
    expect(eventsOf(holder, 'run-ended')).toMatchObject([
      { report: { outcome: 'failed', error: 'no paper' }, error: { message: 'no paper' } },
    ]);
    expect(eventsOf(other, 'run-started')).toEqual([]);
  });

  it('is skipped while an earlier run goes on in the same instance, even after its lease was lost', async () => {
    const cluster = new TestCluster();
    let running = 0;
    let most = 0;
    const member = cluster.add({
      schedule: interval(5_000),
      handler: async () => {
        most = Math.max(most, ++running);
        await new Promise<void>((resolve) => void cluster.clock.setTimer(60_000, resolve, true));
        running--;
      },
    });
    await cluster.clock.advance(8_000);
    cluster.store.locks.clear();
    await cluster.clock.advance(300_000);
    expect(outcomes(member)[0]).toBe('lost');
    expect(most).toBe(1);
    expect(eventsOf(member, 'skipped')).toContainEqual(expect.objectContaining({ reason: 'still-running' }));
  });

  it('that lies too far in the future of the store is refused, so that a wrong clock silences nobody', async () => {
    const cluster = new TestCluster();
    const wrong = cluster.add({ schedule: interval(20_000) });
    wrong.provider.scripts.set('acquire', async (carryOut) => {
      cluster.clock.stepWall(-3_600_000);
      const answer = await carryOut();
      cluster.clock.stepWall(3_600_000);
      return answer;
    });
    await cluster.clock.advance(40_000);
    expect(eventsOf(wrong, 'run-started')).toEqual([]);
    expect(eventsOf(wrong, 'skipped')).toContainEqual(expect.objectContaining({ reason: 'ahead' }));
  });

  it('is reported as skipped when the store cannot be asked, and the next one is run', async () => {
    const cluster = new TestCluster();
    const member = cluster.add({ schedule: interval(20_000) });
    member.provider.scripts.set('acquire', () => {
      throw new Error('a bug in a provider');
    });
    await cluster.clock.advance(60_000);
    expect(eventsOf(member, 'skipped')).toContainEqual(expect.objectContaining({ reason: 'unreachable' }));
    member.provider.scripts.clear();
    await cluster.clock.advance(40_000);
    expect(outcomes(member)).toContain('succeeded');
  });

  it('is skipped while its job is paused', async () => {
    const cluster = new TestCluster();
    const member = cluster.add({ schedule: interval(5_000) });
    const signal = new AbortController().signal;
    await member.provider.setPaused('job', 'job', true, signal);
    await cluster.clock.advance(20_000);
    expect(eventsOf(member, 'run-started')).toEqual([]);
    await member.provider.setPaused('job', 'job', false, signal);
    await cluster.clock.advance(6_000);
    expect(outcomes(member)).toContain('succeeded');
  });
});

describe('a slot, on a store that tells of releases', () => {
  function telling(count: number, definition: Partial<JobDefinition>): TestCluster {
    const cluster = new TestCluster();
    for (let n = 0; n < count; n++) cluster.add(definition).provider.tell();
    return cluster;
  }
  const took = (cluster: TestCluster, ms: number) => async (): Promise<void> => {
    await new Promise<void>((resolve) => void cluster.clock.setTimer(ms, resolve, true));
  };

  it('is asked for once by an instance that loses, however long the winner runs', async () => {
    const cluster = telling(5, { schedule: interval(20_000), handler: () => took(cluster, 5_000)() });
    await cluster.clock.advance(25_000);
    for (const { provider } of cluster.members) provider.calls.length = 0;
    await cluster.clock.advance(200_000);
    expect(startsOf(cluster).length).toBeGreaterThanOrEqual(10);
    for (const { provider } of cluster.members)
      expect(provider.times('acquire').length).toBeLessThanOrEqual(11);
  });

  it('is taken over at once when its run is interrupted, although the lease would have outlived it', async () => {
    const cluster = telling(3, { schedule: interval(8_000), handler: untilStopped });
    while (startsOf(cluster).length === 0) await cluster.clock.advance(10);
    const holder = cluster.members.find((member) => eventsOf(member, 'run-started').length > 0);
    await cluster.clock.advance(1_000);
    await holder?.engine.close();
    await cluster.clock.advance(5);
    const [first, second] = startsOf(cluster);
    expect(second?.slot).toBe(first?.slot);
  });

  it('leaves no watch behind a drain', async () => {
    const cluster = telling(3, { schedule: interval(8_000), handler: () => took(cluster, 3_000)() });
    await cluster.clock.advance(30_000);
    expect(cluster.store.watchers.size).toBe(1);
    const closing = Promise.all(cluster.members.map(({ engine }) => engine.close()));
    await cluster.clock.advance(10_000);
    await closing;
    expect(cluster.store.watchers.size).toBe(0);
    expect(cluster.clock.pending).toEqual([]);
  });
});

describe('a run', () => {
  it('knows its slot, how late it is, and its fencing token', async () => {
    const cluster = new TestCluster();
    const seen: JobRun[] = [];
    cluster.add({ schedule: interval(MINUTE), handler: (run) => void seen.push(run) });
    await cluster.clock.advance(2 * MINUTE);
    expect(seen[0]).toMatchObject({ job: 'job', attempt: 1, fencingToken: 1 });
    expect((seen[0]?.slot?.getTime() ?? 0) + (seen[0]?.late ?? 0)).toBeLessThanOrEqual(cluster.clock.wall());
    expect(seen[0]?.late).toBeLessThanOrEqual(2_000);
  });

  it('is found by currentRun() in all that it calls, and by nobody else', async () => {
    const cluster = new TestCluster();
    const seen: unknown[] = [];
    cluster.add({
      handler: async (run) => {
        await Promise.resolve();
        seen.push(currentRun() === run);
      },
    });
    await cluster.clock.advance(2 * MINUTE);
    expect(seen[0]).toBe(true);
    expect(currentRun()).toBeUndefined();
  });

  it('calls the handler with the object that it belongs to', async () => {
    const cluster = new TestCluster();
    const self = { calls: 0 };
    cluster.add({
      self,
      handler(this: unknown) {
        (this as typeof self).calls++;
      },
    });
    await cluster.clock.advance(2 * MINUTE);
    expect(self.calls).toBeGreaterThan(0);
  });

  it('is told to stop after its maxRuntime, keeps its lock until it has ended, and is reported when it goes on', async () => {
    const cluster = new TestCluster();
    let end = (): void => {};
    const reasons: unknown[] = [];
    const definition = {
      schedule: interval(3_600_000),
      maxRuntime: 30_000,
      handler: async (run: JobRun) => {
        run.signal.addEventListener('abort', () => reasons.push(run.signal.reason));
        await new Promise<void>((resolve) => (end = resolve));
      },
    };
    const [one, two] = [cluster.add(definition), cluster.add(definition)];
    while (startsOf(cluster).length === 0) await cluster.clock.advance(1_000);
    await cluster.clock.advance(60_000);
    expect(reasons).toMatchObject([{ name: 'MaxRuntimeError', maxRuntime: 30_000 }]);
    expect(startsOf(cluster)).toHaveLength(1);
    expect([...eventsOf(one, 'run-unresponsive'), ...eventsOf(two, 'run-unresponsive')]).toHaveLength(1);
    end();
    await cluster.clock.advance(1_000);
    expect([...outcomes(one), ...outcomes(two)]).toEqual(['timed-out']);
  });

  it('ends as lost when its lease was lost, even if the handler took no notice, and leaves the slot to others', async () => {
    const cluster = new TestCluster();
    const member = cluster.add({
      handler: async () => {
        await new Promise<void>((resolve) => void cluster.clock.setTimer(100, resolve, true));
      },
    });
    while (startsOf(cluster).length === 0) await cluster.clock.advance(50);
    await cluster.clock.freeze(15_000, (timers) => timers.toReversed());
    await cluster.clock.advance(1_000);
    expect(outcomes(member)).toEqual(['lost']);
    expect(member.provider.calls.at(-1)?.note?.job).not.toHaveProperty('slot');
  });

  it('survives a handler that throws at once, and one that throws no error', async () => {
    const cluster = new TestCluster();
    const member = cluster.add({
      schedule: interval(1_000),
      handler: () => {
        // oxlint-disable-next-line no-throw-literal, only-throw-error -- users do
        throw 'a string';
      },
    });
    await cluster.clock.advance(10_000);
    expect(outcomes(member).length).toBeGreaterThan(8);
    expect(eventsOf(member, 'run-ended')[0]).toMatchObject({
      report: { outcome: 'failed', error: 'a string' },
    });
  });

  it('is recorded at the store with its outcome, newest first', async () => {
    const cluster = new TestCluster();
    const member = cluster.add({ schedule: interval(1_000) });
    await cluster.clock.advance(5_000);
    const record = await member.engine.leases.read('job');
    const recent = record?.jobs['job']?.recent ?? [];
    expect(recent.length).toBeGreaterThan(3);
    expect(recent[0]).toMatchObject({
      outcome: 'succeeded',
      instance: 'web-1',
      slot: record?.jobs['job']?.lastSlot,
    });
  });
});

describe('jobs that share a lock', () => {
  it('exclude each other, and each runs all of its slots', async () => {
    const cluster = new TestCluster();
    let inside = 0;
    let most = 0;
    const handler = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await new Promise<void>((resolve) => void cluster.clock.setTimer(50, resolve, true));
      inside--;
    };
    for (let n = 0; n < 3; n++) {
      cluster.add(
        { name: 'a', lock: 'books', schedule: interval(10_000), handler },
        { name: 'b', lock: 'books', schedule: interval(10_000), handler },
      );
    }
    await cluster.clock.advance(60_500);
    expect(most).toBe(1);
    for (const job of ['a', 'b']) {
      const starts = cluster.members
        .flatMap((member) => eventsOf(member, 'run-started'))
        .filter((event) => event.job === job);
      expect(starts.length).toBeGreaterThanOrEqual(5);
    }
  });
});

describe('a drain', () => {
  it('tells the runs to stop, waits for them, releases their leases, and starts nothing more', async () => {
    const cluster = new TestCluster();
    const reasons: unknown[] = [];
    const member = cluster.add({
      schedule: interval(1_000),
      handler: async (run) => {
        await new Promise<void>((resolve) => {
          run.signal.addEventListener('abort', () => {
            reasons.push(run.signal.reason);
            cluster.clock.setTimer(2_000, resolve, true);
          });
        });
      },
    });
    await cluster.clock.advance(3_000);
    const closing = member.engine.close();
    await cluster.clock.advance(1_900);
    expect(member.provider.times('release')).toEqual([]);
    await cluster.clock.advance(200);
    expect(await closing).toMatchObject({ unfinished: [] });
    expect(reasons).toMatchObject([{ name: 'ShutdownError' }]);
    const asked = member.provider.calls.length;
    await cluster.clock.advance(10 * MINUTE);
    expect(member.provider.calls).toHaveLength(asked);
    expect(member.provider.calls.map(({ operation }) => operation).slice(-2)).toEqual(['release', 'close']);
    expect(cluster.clock.pending).toEqual([]);
  });

  it('ends at its limit, and leaves the lease of a run that goes on to its ttl', async () => {
    const cluster = new TestCluster();
    const stubborn = { schedule: interval(3_600_000), handler: () => new Promise<void>(() => {}) };
    const [one, two] = [cluster.add(stubborn), cluster.add(stubborn)];
    while (startsOf(cluster).length === 0) await cluster.clock.advance(1_000);
    const holder = outcomes(one).length + eventsOf(one, 'run-started').length > 0 ? one : two;
    const closing = holder.engine.close();
    await cluster.clock.advance(10_000);
    expect(await closing).toEqual({ unfinished: ['job'], took: 10_000 });
    expect(holder.provider.times('release')).toEqual([]);
    expect(startsOf(cluster)).toHaveLength(1);
    await cluster.clock.advance(12_000);
    expect(startsOf(cluster)).toHaveLength(2);
    // The successor's ticker and lease: nothing keeps the drained instance alive.
    expect(cluster.clock.pending.filter(({ keepAlive }) => keepAlive)).toHaveLength(2);
  });

  it('leaves no watch open for a run that outlives it and its lease', async () => {
    const cluster = new TestCluster();
    let finish = (): void => {};
    const handler = (): Promise<void> => new Promise((resolve) => (finish = resolve));
    const { engine, provider, events } = cluster.add({ schedule: interval(60_000), handler });
    let watches = 0;
    provider.watch = () => {
      watches++;
      return { close: () => watches-- };
    };
    while (startsOf(cluster).length === 0) await cluster.clock.advance(1_000);
    const closing = engine.close();
    await cluster.clock.advance(22_000);
    await closing;
    finish();
    await cluster.clock.advance(60_000);
    expect(eventsOf({ events }, 'run-ended').map(({ report }) => report.outcome)).toEqual(['lost']);
    expect(watches).toBe(0);
    expect(cluster.clock.pending).toEqual([]);
  });

  it('gives back a lease that is granted while it begins', async () => {
    const cluster = new TestCluster();
    const member = cluster.add({ schedule: interval(1_000) });
    member.provider.scripts.set('acquire', async (carryOut) => {
      void member.engine.drain();
      return carryOut();
    });
    await cluster.clock.advance(2_100);
    expect(startsOf(cluster)).toEqual([]);
    expect((await member.engine.leases.read('job'))?.lease).toBeNull();
  });

  it('is the same drain however often it is asked for, and works before the start', async () => {
    const engine = new JobEngine({ provider: new MemoryLeaseProvider() });
    expect(engine.close()).toBe(engine.close());
    expect(await engine.close()).toMatchObject({ unfinished: [] });
    engine.start();
    expect([...engine.jobs()]).toEqual([]);
  });

  it('does not tell a run to stop whose handler has ended and whose lease is just being released', async () => {
    const cluster = new TestCluster();
    const member = cluster.add({ schedule: interval(1_000) });
    member.provider.scripts.set('release', async (carryOut) => {
      await new Promise<void>((resolve) => void cluster.clock.setTimer(300, resolve, true));
      return carryOut();
    });
    while (eventsOf(member, 'run-ended').length === 0) await cluster.clock.advance(50);
    const closing = member.engine.close();
    await cluster.clock.advance(1_000);
    await closing;
    expect(cluster.clock.pending).toEqual([]);
  });

  it('does not wait for a store that is away beyond a second after its limit', async () => {
    const cluster = new TestCluster();
    const member = cluster.addWith({ drainTimeout: 1_000 }, { schedule: interval(1_000) });
    for (const operation of ['acquire', 'renew', 'release', 'close'] as const) {
      member.provider.scripts.set(operation, () => new Promise(() => {}));
    }
    await cluster.clock.advance(1_500);
    let closed = false;
    void member.engine.close().then(() => (closed = true));
    await cluster.clock.advance(2_000);
    expect(closed).toBe(true);
  });

  it('survives a provider that cannot be closed', async () => {
    const cluster = new TestCluster();
    const member = cluster.add({});
    member.provider.scripts.set('close', () => Promise.reject(new Error('no')));
    await member.engine.close();
    expect(eventsOf(member, 'store-failed')).toMatchObject([{ operation: 'close' }]);
  });
});

describe('an engine', () => {
  const engine = (options = {}): JobEngine =>
    new JobEngine({ provider: new MemoryLeaseProvider(), ...options });
  const definition = { name: 'job', schedule: interval(1_000), handler: () => {} };

  it.each([
    [{ name: '' }, 'A job cannot be called ""'],
    [{ name: '  ' }, 'A job cannot be called "  "'],
    [{ lock: '' }, 'A lock cannot be called ""'],
    [{ lock: 'x'.repeat(257) }, '257 bytes'],
    [{ ttl: 0 }, 'A ttl of 0 ms'],
    [{ ttl: 200 }, 'A ttl of 200 ms is too short'],
    [{ maxRuntime: 0 }, 'maxRuntime is 0'],
    [{ maxRuntime: 2 ** 31 }, 'from 1 to 2147483647'],
    [{ onCrash: 'again' }, 'onCrash is "again". Choose "rerun" or "skip"'],
    [{ enabled: 'no' }, 'enabled is "no". Choose true or false'],
    [{ handler: 'send' }, 'The handler of job "job" is "send"'],
  ])('refuses %j', (change, message) => {
    expect(() => engine().add({ ...definition, ...(change as object) })).toThrow(ConfigurationError);
    expect(() => engine().add({ ...definition, ...(change as object) })).toThrow(message);
  });

  it('refuses two jobs with one name', () => {
    const twice = engine();
    twice.add(definition);
    expect(() => twice.add(definition)).toThrow('Two jobs are called "job"');
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 31, '5s'])('refuses a drainTimeout of %p', (drainTimeout) => {
    expect(() => engine({ drainTimeout })).toThrow(/drainTimeout is .* Choose a whole number/);
  });

  it('runs nothing that is not enabled', async () => {
    const cluster = new TestCluster();
    const off = cluster.addWith({ enabled: false }, { schedule: interval(1_000) });
    const partly = cluster.add({ name: 'a', schedule: interval(1_000), enabled: false });
    await cluster.clock.advance(10_000);
    expect([...off.provider.calls, ...partly.provider.calls]).toEqual([]);
    expect([...partly.engine.jobs()]).toMatchObject([{ name: 'a', enabled: false, next: null }]);
  });

  it('runs a job that is added later, and no longer one that was removed', async () => {
    const cluster = new TestCluster();
    const member = cluster.add();
    member.engine.add({ ...definition, name: 'late' });
    await cluster.clock.advance(3_000);
    expect(outcomes(member).length).toBeGreaterThan(1);
    expect(member.engine.remove('late')).toBe(true);
    const before = outcomes(member).length;
    await cluster.clock.advance(5_000);
    expect(outcomes(member)).toHaveLength(before);
  });

  it('tells a listener that throws of its failure once, and goes on', async () => {
    const cluster = new TestCluster();
    const member = cluster.add({ schedule: interval(1_000) });
    const listener = jest.fn(() => {
      throw new Error('from a listener');
    });
    member.engine.events.subscribe(listener);
    member.engine.events.subscribe(async () => Promise.reject(new Error('from an async listener')));
    await cluster.clock.advance(5_000);
    expect(outcomes(member).length).toBeGreaterThan(3);
    expect(eventsOf(member, 'subscriber-failed').length).toBeGreaterThan(3);
  });

  it('keeps its process alive from its start until it is closed, if it has a job to run', async () => {
    const cluster = new TestCluster();
    const idle = cluster.add();
    const off = cluster.addWith({ enabled: false }, {});
    expect(cluster.clock.pending).toEqual([]);
    const member = cluster.add({});
    await cluster.clock.advance(10);
    expect(cluster.clock.pending).toMatchObject([{ keepAlive: true }]);
    await Promise.all([idle, off, member].map(({ engine }) => engine.close()));
    expect(cluster.clock.pending).toEqual([]);
  });
});
