import { AsyncResource } from 'node:async_hooks';
import { describe, expect, it } from '@jest/globals';
import {
  ConfigurationError,
  currentRun,
  interval,
  type JobRun,
  LeaseLostError,
  LeasesClosedError,
  StoreError,
} from '@leased-jobs/core';
import type { ActiveRun } from '../../src/jobs/active-run.js';
import { eventsOf, type Member, TestCluster } from '../support/cluster.js';
import { close, openEnd, outcomes, pause, started, stateOf, untilStopped } from '../support/work.js';

const HOUR = 3_600_000;

function two() {
  const cluster = new TestCluster();
  const [one, other] = [cluster.add(), cluster.add()];
  return { cluster, clock: cluster.clock, one, other };
}

/** A section that goes on until the test ends it. */
function occupy({ engine }: Member, lock = 'books') {
  const { ended, end } = openEnd();
  const section = engine.section(lock, () => ended);
  return { section, end };
}

describe('a critical section', () => {
  it('does its work under a lease, and returns what it returns', async () => {
    const { one } = two();
    const answer = await one.engine.section('books', async (run) => {
      const { lease } = (await one.engine.leases.read('books')) ?? {};
      expect(lease).toMatchObject({ holder: 'web-1' });
      return [run.job, run.slot, run.late, run.attempt, run.fencingToken];
    });
    expect(answer).toEqual({ ran: true, value: ['books', null, 0, 1, 1] });
    expect((await one.engine.leases.read('books'))?.lease).toBeNull();
  });

  it('may return nothing, and without a promise', async () => {
    const { one } = two();
    expect(await one.engine.section('books', () => {})).toEqual({ ran: true, value: undefined });
  });

  it('is found by currentRun() in all that it calls, and by nobody else', async () => {
    const { one } = two();
    await one.engine.section('books', async (run) => {
      await Promise.resolve();
      expect(currentRun()).toBe(run);
    });
    expect(currentRun()).toBeUndefined();
  });

  it('bears the name that it is given', async () => {
    const { one } = two();
    const answer = await one.engine.section('books', ({ job }) => job, { name: 'Books.close' });
    expect(answer).toMatchObject({ value: 'Books.close' });
  });

  it('is refused at once, with who holds the lock, whether that is another instance or this one', async () => {
    const { one, other } = two();
    const { section, end } = occupy(one);
    await expect(one.engine.section('books', () => {})).resolves.toMatchObject({
      ran: false,
      refusal: { refused: 'held', holder: 'web-1' },
    });
    await expect(other.engine.section('books', () => {})).resolves.toMatchObject({
      ran: false,
      refusal: { refused: 'held', holder: 'web-1' },
    });
    end();
    await section;
  });

  it.each([
    ['an error', new Error('no paper')],
    ['a string', 'no paper'],
    ['undefined', undefined],
    ['null', null],
  ])('throws %s on as it is, and gives its lease back', async (_what, thrown) => {
    const { one } = two();
    const section = one.engine.section('books', () => {
      throw thrown;
    });
    await section.then(
      () => expect('it').toBe('rejected'),
      (seen: unknown) => expect(seen).toBe(thrown),
    );
    expect((await one.engine.leases.read('books'))?.lease).toBeNull();
  });

  it('throws a StoreError if the store cannot be asked, and has not begun', async () => {
    const { clock, one } = two();
    let begun = false;
    one.provider.scripts.set('acquire', () => Promise.reject(new StoreError('no', { kind: 'denied' })));
    const section = one.engine.section('books', () => void (begun = true), { wait: HOUR });
    const failing = expect(section).rejects.toBeInstanceOf(StoreError);
    await clock.advance(1_000);
    await failing;
    expect(begun).toBe(false);
  });

  it.each([
    ['a lock without a name', '', {}, 'lock'],
    ['a wait that is no number', 'books', { wait: Number.NaN }, 'Cannot wait NaN ms for the lock "books".'],
    ['a wait of less than nothing', 'books', { wait: -1 }, 'Cannot wait -1 ms for the lock "books".'],
    ['a ttl of less than nothing', 'books', { ttl: -1 }, 'ttl'],
  ])('refuses %s', async (_what, lock, options, message) => {
    const { one } = two();
    const section = one.engine.section(lock, () => {}, options);
    await expect(section).rejects.toThrow(ConfigurationError);
    await expect(section).rejects.toThrow(message);
  });

  it('is told of a loss by its signal, and by nothing else', async () => {
    const { cluster, clock, one } = two();
    const { ended, end } = openEnd<string>();
    const reasons: unknown[] = [];
    const section = one.engine.section('books', async ({ signal }) => {
      signal.addEventListener('abort', () => reasons.push(signal.reason));
      return ended;
    });
    await clock.advance(100);
    cluster.store.locks.clear();
    await clock.advance(10_000);
    expect(reasons).toMatchObject([{ name: 'LeaseLostError', reason: 'taken' }]);
    end('done');
    expect(await section).toEqual({ ran: true, value: 'done' });
  });

  it('that has lost its lease keeps the others of its instance out until it has ended', async () => {
    const { cluster, clock, one, other } = two();
    const { section, end } = occupy(one);
    await clock.advance(100);
    cluster.store.locks.clear();
    await clock.advance(10_000);
    expect(await one.engine.section('books', () => {})).toMatchObject({ ran: false });
    expect(await other.engine.section('books', () => {})).toMatchObject({ ran: true });
    end();
    await section;
    expect(await one.engine.section('books', () => {})).toMatchObject({ ran: true });
  });
});

describe('a section that waits', () => {
  it('begins as soon as another section of its instance has ended, on a store that tells nothing', async () => {
    const { clock, one } = two();
    const order: string[] = [];
    const begun = clock.monotonic();
    const sections = ['a', 'b', 'c', 'd'].map((name) =>
      one.engine.section(
        'books',
        async () => {
          order.push(name);
          await pause(clock, 100);
          return clock.monotonic() - begun;
        },
        { wait: HOUR },
      ),
    );
    await clock.advance(1_000);
    expect(order).toEqual(['a', 'b', 'c', 'd']);
    expect((await Promise.all(sections)).map((answer) => answer.ran && answer.value)).toEqual([
      100, 200, 300, 400,
    ]);
    expect(one.provider.times('acquire')).toHaveLength(4);
  });

  it('comes in its turn although one before it has given up, has failed, or was told to', async () => {
    const { clock, one } = two();
    const { section, end } = occupy(one);
    await clock.advance(10);
    const given = new AbortController();
    const order: string[] = [];
    const impatient = one.engine.section('books', () => {}, { wait: 500 });
    const told = one.engine.section('books', () => {}, { wait: HOUR, signal: given.signal });
    const failing = one.engine.section('books', () => Promise.reject(new Error('no')), { wait: HOUR });
    const next = one.engine.section('books', () => void order.push('next'), { wait: HOUR });
    const last = one.engine.section('books', () => void order.push('last'), { wait: HOUR });
    const rejected = Promise.all([
      expect(told).rejects.toThrow('given up'),
      expect(failing).rejects.toThrow('no'),
    ]);
    await clock.advance(1_000);
    given.abort(new Error('given up'));
    expect(await impatient).toMatchObject({ ran: false, refusal: { refused: 'held', holder: 'web-1' } });
    await clock.advance(1_000);
    end();
    await clock.advance(10);
    await rejected;
    await Promise.all([section, next, last]);
    expect(order).toEqual(['next', 'last']);
  });

  it('is granted a lock of another instance when that is told, and within a ttl where nothing is', async () => {
    for (const [tells, within] of [
      [true, 5],
      [false, 11_500],
    ] as const) {
      const { clock, one, other } = two();
      if (tells) for (const { provider } of [one, other]) provider.tell();
      const { section, end } = occupy(one);
      await clock.advance(10);
      const waiting = other.engine.section('books', () => 'mine', { wait: HOUR });
      await clock.advance(1_000);
      end();
      await section;
      await clock.advance(within);
      expect(await stateOf(clock, waiting)).toBe('resolved');
    }
  });

  it('is granted the lock of an instance that dies, once its lease has expired', async () => {
    const { clock, one, other } = two();
    void occupy(one);
    await clock.advance(10);
    for (const operation of ['renew', 'release'] as const) {
      one.provider.scripts.set(operation, () => new Promise(() => {}));
    }
    const waiting = other.engine.section('books', () => {}, { wait: HOUR });
    await clock.advance(11_500);
    expect(await stateOf(clock, waiting)).toBe('resolved');
  });

  it('is refused at the end of its wait', async () => {
    const { clock, one, other } = two();
    void occupy(one);
    await clock.advance(10);
    const waiting = other.engine.section('books', () => {}, { wait: 3_000 });
    await clock.advance(2_990);
    expect(await stateOf(clock, waiting)).toBe('pending');
    await clock.advance(20);
    expect(await waiting).toMatchObject({ ran: false, refusal: { refused: 'held', holder: 'web-1' } });
  });

  it.each([
    ['for its own instance', 0],
    ['for another', 1],
  ])('%s gives up with the reason of its signal', async (_what, index) => {
    const { cluster, clock, one } = two();
    void occupy(one);
    await clock.advance(10);
    const given = new AbortController();
    const reason = { odd: 'reason' };
    const waiting = cluster.members[index]?.engine.section('books', () => {}, {
      wait: HOUR,
      signal: given.signal,
    });
    const rejected = expect(waiting).rejects.toBe(reason);
    await clock.advance(1_000);
    given.abort(reason);
    await rejected;
    expect(
      await one.engine.section('other', () => 1, { signal: given.signal }).catch((e: unknown) => e),
    ).toBe(reason);
  });

  it('waits for the end of a job that shares its lock, and the job for that of the section', async () => {
    const cluster = new TestCluster();
    const { clock } = cluster;
    const inside: string[] = [];
    const within = (name: string) => async (): Promise<void> => {
      inside.push(`${name} in`);
      await pause(clock, 3_000);
      inside.push(`${name} out`);
    };
    const schedule = interval(60_000);
    const member = cluster.add({ lock: 'books', schedule, jitter: 0, handler: within('job') });
    await started(cluster, 'job', 100);
    const waiting = member.engine.section('books', within('section'), { wait: HOUR });
    await clock.advance(6_100);
    expect(await stateOf(clock, waiting)).toBe('resolved');
    const slot = schedule.next(clock.wall(), 'job');
    await clock.advance(slot - clock.wall() - 1_000);
    void member.engine.section('books', within('section'));
    await clock.advance(6_100);
    expect(inside).toEqual(
      ['job', 'section', 'section', 'job'].flatMap((name) => [`${name} in`, `${name} out`]),
    );
    expect(outcomes(member)).toEqual(['succeeded', 'succeeded']);
  });
});

describe('a section within a run that holds its lock', () => {
  it('goes on under its lease, through several layers, and with the same run', async () => {
    const { one } = two();
    const runs: JobRun[] = [];
    await one.engine.section('books', async (outer) => {
      runs.push(outer);
      await one.engine.section('pages', async () => {
        await Promise.resolve();
        const answer = await one.engine.section('books', (run) => (runs.push(run), 'inner'));
        expect(answer).toEqual({ ran: true, value: 'inner' });
      });
    });
    expect(runs[1]).toBe(runs[0]);
    expect(one.provider.times('acquire')).toHaveLength(2);
  });

  it('goes on under the lease of a job', async () => {
    const cluster = new TestCluster();
    const member: Member = cluster.add({
      handler: async () => {
        expect(await member.engine.section('job', () => 'inner')).toMatchObject({ value: 'inner' });
      },
    });
    await started(cluster);
    expect(outcomes(member)).toEqual(['succeeded']);
  });

  it('throws on what its work throws', async () => {
    const { one } = two();
    const outer = one.engine.section('books', () =>
      one.engine.section('books', () => Promise.reject(new Error('no paper'))),
    );
    await expect(outer).rejects.toThrow('no paper');
  });

  it('is no part of the run of another engine, which holds the lock of another store', async () => {
    const { one } = two();
    const elsewhere = new TestCluster().add();
    await one.engine.section('books', () => elsewhere.engine.section('books', () => {}));
    expect(elsewhere.provider.times('acquire')).toHaveLength(1);
  });

  it('holds the lease until it has ended, although nobody awaits it', async () => {
    const { clock, one, other } = two();
    const { ended, end } = openEnd();
    const outer = one.engine.section('books', () => {
      void one.engine.section('books', () => ended);
    });
    await clock.advance(1_000);
    expect(await other.engine.section('books', () => {})).toMatchObject({ ran: false });
    expect(await stateOf(clock, outer)).toBe('pending');
    end();
    await outer;
    expect(await other.engine.section('books', () => {})).toMatchObject({ ran: true });
  });

  it('has failed all the same, if nobody awaits it, for whoever does later', async () => {
    const { one } = two();
    let inner: Promise<unknown> | undefined;
    const outer = one.engine.section('books', () => {
      inner = one.engine.section('books', () => Promise.reject(new Error('no paper')));
      inner.catch(() => {});
      return 'outer';
    });
    expect(await outer).toEqual({ ran: true, value: 'outer' });
    await expect(inner).rejects.toThrow('no paper');
  });

  it('asks for a lease of its own once that run has ended', async () => {
    const { clock, one, other } = two();
    const { ended, end } = openEnd();
    let detached: Promise<unknown> | undefined;
    await one.engine.section('books', () => {
      detached = ended.then(() => one.engine.section('books', ({ fencingToken }) => fencingToken));
    });
    end();
    expect(await detached).toEqual({ ran: true, value: 2 });
    const second = openEnd();
    await one.engine.section('books', () => {
      detached = second.ended.then(() => one.engine.section('books', () => 'mine'));
    });
    void occupy(other);
    await clock.advance(10);
    second.end();
    expect(await detached).toMatchObject({ ran: false });
  });

  it('remembers no run that has ended, however many have led to it', async () => {
    const { one } = two();
    const within: unknown[] = [];
    let last: Promise<unknown> = Promise.resolve();
    for (let depth = 0, call = (work: () => void) => work(); depth < 3; depth++) {
      const { ended, end } = openEnd();
      call(() => {
        last = one.engine.section(`book ${depth}`, async (run) => {
          call = AsyncResource.bind((work: () => void) => work());
          await ended;
          within.push((run as ActiveRun).within);
        });
      });
      await Promise.resolve();
      end();
      await last;
    }
    expect(within).toEqual([undefined, undefined, undefined]);
  });

  it('does not wait for the end of its own run, once that has lost the lease', async () => {
    const { cluster, clock, one } = two();
    const { ended, end } = openEnd();
    const outer = one.engine.section('books', async () => {
      await ended;
      return one.engine.section('books', () => 'inner', { wait: Infinity });
    });
    const rejected = expect(outer).rejects.toBeInstanceOf(LeaseLostError);
    await clock.advance(10);
    cluster.store.locks.clear();
    await clock.advance(10_000);
    end();
    await clock.advance(1_000);
    await rejected;
  });

  it('is told to stop after the maxRuntime of its job, and holds its lock until it has ended', async () => {
    const cluster = new TestCluster();
    const { ended, end } = openEnd();
    const member: Member = cluster.add({
      schedule: interval(HOUR),
      maxRuntime: 5_000,
      handler: () => void member.engine.section('job', () => ended),
    });
    await started(cluster);
    await cluster.clock.advance(20_000);
    expect(outcomes(member)).toEqual([]);
    end();
    await cluster.clock.advance(10);
    expect(outcomes(member)).toEqual(['timed-out']);
  });
});

describe('a shutdown', () => {
  it('tells a section to stop, and waits for it', async () => {
    const { cluster, clock, one } = two();
    const reasons: unknown[] = [];
    const section = one.engine.section('books', async (run) => {
      await untilStopped(run).catch((reason: unknown) => reasons.push(reason));
      await pause(clock, 2_000);
      return 'done';
    });
    await clock.advance(10);
    const draining = one.engine.drain();
    await clock.advance(1_000);
    expect(await stateOf(clock, draining)).toBe('pending');
    await clock.advance(1_000);
    expect(await draining).toMatchObject({ unfinished: [], took: 2_000 });
    expect(await section).toEqual({ ran: true, value: 'done' });
    expect(reasons).toMatchObject([{ name: 'ShutdownError', job: 'books' }]);
    await close(cluster, one);
  });

  it('names a section that outlives its limit, and leaves its lease to the ttl', async () => {
    const { clock, one, other } = two();
    const { ended, end } = openEnd();
    const section = one.engine.section('books', () => ended, { name: 'Books.close' });
    await clock.advance(10);
    const closing = one.engine.close();
    await clock.advance(11_000);
    expect(await closing).toMatchObject({ unfinished: ['Books.close'] });
    expect(await other.engine.section('books', () => {})).toMatchObject({ ran: false });
    end();
    await section;
    await other.engine.close();
    await clock.advance(60_000);
    expect(clock.pending).toEqual([]);
  });

  it.each([
    ['for its own instance', 0],
    ['for another', 1],
  ])('ends a section that waits %s', async (_what, index) => {
    const { cluster, clock, one } = two();
    const { section, end } = occupy(one);
    await clock.advance(10);
    const member = cluster.members[index] as Member;
    const waiting = expect(
      member.engine.section('books', () => {}, { wait: Infinity }),
    ).rejects.toBeInstanceOf(LeasesClosedError);
    await clock.advance(1_000);
    void member.engine.drain();
    await clock.advance(10);
    await waiting;
    end();
    await section;
  });

  it('begins no section any more', async () => {
    const { one } = two();
    void one.engine.drain();
    await expect(one.engine.section('books', () => {})).rejects.toBeInstanceOf(LeasesClosedError);
  });

  it('lets no section begin that is granted in its very moment, or tells it to stop', async () => {
    for (let turns = 0; turns < 25; turns++) {
      const { cluster, clock, one } = two();
      let run: JobRun | undefined;
      const begun = openEnd();
      one.provider.scripts.set('acquire', async (carryOut) => {
        const answer = await carryOut();
        begun.end();
        return answer;
      });
      const section = one.engine.section('books', (self) => {
        run = self;
        return untilStopped(self);
      });
      const settled = section.catch((error: unknown) => error);
      await begun.ended;
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      const closing = one.engine.close();
      await clock.advance(15_000);
      expect(await closing).toMatchObject({ unfinished: [] });
      expect(run === undefined || run.signal.aborted).toBe(true);
      expect((await settled) as Error).toMatchObject({
        name: run ? 'ShutdownError' : 'LeasesClosedError',
      });
      expect(eventsOf(one, 'run-unresponsive')).toEqual([]);
      expect(cluster.store.locks.get('books')?.lease).toBeNull();
    }
  });
});
