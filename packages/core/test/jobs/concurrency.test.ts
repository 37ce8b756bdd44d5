import { describe, expect, it } from '@jest/globals';
import { ConfigurationError, interval, type JobDefinition, type JobRun, service } from '@leased-jobs/core';
import { eventsOf, type Member, TestCluster } from '../support/cluster.js';
import { close, die, openEnd, pause, untilStopped } from '../support/work.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Instances of a job that some of them run at once, how many do, and which slots each has run. */
function crowd(instances: number, definition: Partial<JobDefinition>, takes: (run: JobRun) => unknown) {
  const cluster = new TestCluster();
  const inside = { now: 0, most: 0 };
  const members: Member[] = [];
  const slots = new Map<Member, number[]>();
  for (let n = 0; n < instances; n++) {
    const handler = async (run: JobRun): Promise<void> => {
      inside.most = Math.max(inside.most, ++inside.now);
      slots.get(member)?.push(run.slot?.getTime() ?? 0);
      await Promise.resolve(takes(run)).finally(() => inside.now--);
    };
    const member = cluster.add({ schedule: interval(MINUTE), concurrency: 3, ...definition, handler });
    members.push(member);
    slots.set(member, []);
  }
  const perSlot = (): ReadonlyMap<number, number> => {
    const counts = new Map<number, number>();
    for (const slot of [...slots.values()].flat()) counts.set(slot, (counts.get(slot) ?? 0) + 1);
    return counts;
  };
  return { cluster, clock: cluster.clock, members, inside, slots, perSlot };
}

function starts(members: readonly Member[]): number {
  return members.flatMap((member) => eventsOf(member, 'run-started')).length;
}

describe('a job that three instances may run at once', () => {
  it('is run by three of six for each slot, once by each of them, and never by more', async () => {
    const { clock, inside, slots, perSlot } = crowd(6, {}, () => pause(clock, 20_000));
    await clock.advance(10 * MINUTE);
    expect(inside.most).toBe(3);
    expect(perSlot().size).toBeGreaterThanOrEqual(9);
    expect(new Set(perSlot().values())).toEqual(new Set([3]));
    for (const run of slots.values()) expect(new Set(run).size).toBe(run.length);
  });

  it('is run once by each of two instances', async () => {
    const { clock, inside, perSlot } = crowd(2, {}, () => pause(clock, 20_000));
    await clock.advance(5 * MINUTE);
    expect(inside.most).toBe(2);
    expect(new Set(perSlot().values())).toEqual(new Set([2]));
  });

  it('has a lock for each of them, which its status names', () => {
    const { members } = crowd(1, {}, () => {});
    expect([...(members[0]?.engine.jobs() ?? [])]).toMatchObject([
      { lock: 'job', locks: ['job', 'job#2', 'job#3'], record: 'job' },
    ]);
    const { engine } = new TestCluster().add({});
    expect([...engine.jobs()]).toMatchObject([{ locks: ['job'] }]);
  });

  it('has the permit of an instance that dies taken over within a ttl', async () => {
    const { clock, cluster, members, inside } = crowd(4, { schedule: interval(HOUR) }, () => openEnd().ended);
    while (starts(members) < 3) await clock.advance(500);
    const holder = members.find((member) => eventsOf(member, 'run-started').length > 0) as Member;
    const idle = members.filter((member) => eventsOf(member, 'run-started').length === 0);
    die(holder);
    await clock.advance(11_500);
    expect(starts(idle)).toBe(1);
    // The dead one is counted, too.
    expect(inside.now).toBe(4);
    expect(cluster.store.locks.size).toBe(3);
  });

  it('hands any of its permits over at once on a store that tells of releases', async () => {
    for (const index of [0, 1, 2]) {
      const { clock, cluster, members, inside } = crowd(4, { schedule: interval(HOUR) }, untilStopped);
      for (const { provider } of members) provider.tell();
      while (starts(members) < 3) await clock.advance(500);
      const idle = members.find((member) => eventsOf(member, 'run-started').length === 0) as Member;
      await clock.advance(5_000);
      const lock = ['job', 'job#2', 'job#3'][index] as string;
      const name = cluster.store.locks.get(lock)?.lease?.holder;
      const holder = members.find(({ engine }) => engine.instance === name) as Member;
      await holder.engine.drain();
      await clock.advance(5);
      expect(starts([idle])).toBe(1);
      expect(inside).toEqual({ now: 3, most: 3 });
    }
  });

  it('leaves no watch of any permit behind when it is removed, or when its instance stops', async () => {
    const { clock, cluster, members } = crowd(5, { schedule: interval(HOUR) }, () => openEnd().ended);
    for (const { provider } of members) provider.tell();
    while (starts(members) < 3) await clock.advance(500);
    await clock.advance(5_000);
    const idle = members.filter((member) => eventsOf(member, 'run-started').length === 0);
    expect([...cluster.store.watchers.keys()].toSorted()).toEqual(['job', 'job#2', 'job#3']);
    idle[0]?.engine.remove('job');
    await idle[1]?.engine.close();
    expect(cluster.store.watchers.size).toBe(0);
  });

  it('makes up for all that was missed, each slot at most three times, and each permit in order', async () => {
    const cluster = new TestCluster();
    const runs: { readonly lock: string; readonly slot: number }[] = [];
    const job = (): Partial<JobDefinition> => ({
      schedule: interval(HOUR),
      concurrency: 2,
      missed: 'all',
      handler: async (run) => {
        runs.push({ lock: (run as JobRun & { lock: string }).lock, slot: run.slot?.getTime() ?? 0 });
        await pause(cluster.clock, 10_000);
      },
    });
    const first = [cluster.add(job()), cluster.add(job())];
    while (starts(first) < 2) await cluster.clock.advance(MINUTE);
    for (const member of first) await close(cluster, member);
    const last = runs[0]?.slot ?? 0;
    await cluster.clock.advance(4 * HOUR);
    const again = [cluster.add(job()), cluster.add(job())];
    await cluster.clock.advance(10 * MINUTE);
    expect(starts(again)).toBe(8);
    for (const lock of ['job', 'job#2']) {
      const slots = runs.filter((run) => run.lock === lock).map(({ slot }) => (slot - last) / HOUR);
      expect(slots).toEqual([0, 1, 2, 3, 4]);
    }
  });

  it('may be a service, which three instances serve at once, and a fourth in the place of one that goes', async () => {
    const { clock, members, inside } = crowd(5, { schedule: service() }, untilStopped);
    for (const { provider } of members) provider.tell();
    await clock.advance(MINUTE);
    expect(inside).toEqual({ now: 3, most: 3 });
    const holder = members.find((member) => eventsOf(member, 'run-started').length > 0);
    await holder?.engine.drain();
    await clock.advance(5);
    expect(inside).toEqual({ now: 3, most: 3 });
  });
});

describe('a lock with several permits', () => {
  const several = { name: 'several', lock: 'books', concurrency: 2 };

  it.each<[string, Partial<JobDefinition>, string]>([
    ['its own name', { name: 'one', lock: 'books' }, 'books'],
    ['the name of one of its permits', { name: 'one', lock: 'books#2' }, 'books#2'],
    ['several permits of its own', { name: 'one', lock: 'books', concurrency: 3 }, 'books'],
  ])('is shared with no job under %s, in whatever order they are added', (_what, one, lock) => {
    const complete = { schedule: interval(MINUTE), handler: () => {} };
    const message = (first: string, second: string): string =>
      `The jobs "${first}" and "${second}" share the lock "${lock}", and several instances may run one of them at once. Give them different locks, or leave concurrency out.`;
    const forth = new TestCluster().add(several).engine;
    expect(() => forth.add({ name: 'one', ...complete, ...one })).toThrow(
      new ConfigurationError(message('several', 'one')),
    );
    const back = new TestCluster().add(one).engine;
    expect(() => back.add({ ...complete, ...several })).toThrow(
      new ConfigurationError(message('one', 'several')),
    );
    expect([...back.jobs()].map(({ name }) => name)).toEqual(['one']);
  });

  it('is free for others once its job was removed', () => {
    const { engine } = new TestCluster().add(several);
    engine.remove('several');
    engine.add({ name: 'one', lock: 'books', schedule: interval(MINUTE), handler: () => {} });
    expect([...engine.jobs()].map(({ name }) => name)).toEqual(['one']);
  });
});
