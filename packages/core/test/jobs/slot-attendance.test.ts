import { describe, expect, it } from '@jest/globals';
import { interval, MemoryStore, StoreError, type StoreErrorKind } from '@leased-jobs/core';
import { eventsOf, TestCluster } from '../support/cluster.js';
import { EvenRandom, largestCrowd } from '../support/crowd.js';
import { ScriptedProvider } from '../support/scripted-provider.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** When a store that answers with nothing but this error is asked for one slot: the first of the tries of each attempt. */
async function attemptsAt(kind: StoreErrorKind): Promise<readonly number[]> {
  const cluster = new TestCluster();
  const { provider } = cluster.add({ schedule: interval(HOUR) });
  provider.scripts.set('acquire', () => Promise.reject(new StoreError('no', { kind, applied: 'no' })));
  while (provider.calls.length === 0) await cluster.clock.advance(MINUTE);
  await cluster.clock.advance(4 * MINUTE);
  return provider.times('acquire').filter((at, index, all) => at - (all[index - 1] ?? -Infinity) > 500);
}

function gapsOf(moments: readonly number[]): readonly number[] {
  return moments.slice(1).map((moment, index) => moment - (moments[index] ?? 0));
}

/** 50 instances, and when each asked for the first slot, which a holder that died before it still blocks. */
async function fiftyOnOneSlot() {
  const cluster = new TestCluster();
  const schedule = interval(5 * MINUTE);
  for (let number = 0; number < 50; number++) {
    cluster.addWith({ random: new EvenRandom(number, 50) }, { schedule });
  }
  const { clock } = cluster;
  const slot = schedule.next(clock.wall(), 'job') - clock.wall();
  await clock.advance(slot - 1);
  const provider = cluster.members[0]?.provider;
  await provider?.acquire(
    { lock: 'job', grantId: 'dead', holder: 'dead', ttl: 20_000 },
    new AbortController().signal,
  );
  const expiry = clock.monotonic() + 20_000;
  for (const member of cluster.members) member.provider.calls.length = 0;
  await clock.advance(30_000);
  const asked = cluster.members.flatMap((member) => member.provider.times('acquire'));
  return { first: asked.filter((at) => at < expiry), again: asked.filter((at) => at >= expiry) };
}

describe('the slot of a job of 50 instances', () => {
  it('is asked for by at most 20 % of them within any 100 ms', async () => {
    const { first } = await fiftyOnOneSlot();
    expect(first).toHaveLength(50);
    expect(largestCrowd(first, 100)).toBeLessThanOrEqual(10);
  });

  it('is asked for again by at most 20 % of them within any 100 ms, after its holder died', async () => {
    const { again } = await fiftyOnOneSlot();
    expect(again.length).toBeGreaterThanOrEqual(50);
    expect(largestCrowd(again, 100)).toBeLessThanOrEqual(10);
  });
});

describe('an instance', () => {
  it('asks a store that is away ever more rarely, until it asks twice a minute', async () => {
    const gaps = gapsOf(await attemptsAt('transient'));
    expect(gaps.length).toBeGreaterThan(6);
    for (const [index, expected] of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000].entries()) {
      expect(gaps[index]).toBeGreaterThanOrEqual(expected);
      expect(gaps[index]).toBeLessThan(1.1 * expected + 500);
    }
  });

  it('asks a store that denies once a minute', async () => {
    const gaps = gapsOf(await attemptsAt('denied'));
    expect(gaps.length).toBeGreaterThan(1);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(MINUTE);
  });

  it('still runs its slots when its clock is 5 s ahead of that of the store', async () => {
    const cluster = new TestCluster();
    const { clock } = cluster;
    const behind = new MemoryStore({
      wall: () => clock.wall() - 5_000,
      monotonic: () => clock.monotonic(),
      setTimer: (delay, callback, keepAlive) => clock.setTimer(delay, callback, keepAlive),
    });
    const provider = new ScriptedProvider(clock, behind);
    const ahead = cluster.addWith({ provider }, { schedule: interval(4_000) });
    await clock.advance(20_000);
    expect(eventsOf(ahead, 'run-ended').length).toBeGreaterThanOrEqual(4);
    expect(eventsOf(ahead, 'skipped')).toEqual([]);
  });
});
