import { describe, expect, it } from '@jest/globals';
import { type Clock, isRefusal, type LeaseGrant } from '@leased-jobs/core';
import { SeededRandom } from '@leased-jobs/testing';
import { BlobLocks } from '../src/blob-locks.js';
import { StoreClock } from '../src/store-clock.js';
import { type AzureQuirks, SimulatedAzure } from './support/simulated-azure.js';
import { Simulation } from './support/simulation.js';

describe('instances that share a blob over a slow and lossy network', () => {
  it.each([
    ['that loses nothing', { loss: 0 }],
    ['that loses answers', { loss: 0.15 }],
    ['with an Azurite at its end', { loss: 0.1, renewsForAnybody: true }],
  ])(
    'never trust two leases at once, nor run a slot twice: %s',
    async (_, quirks) => {
      for (let seed = 0; seed < 60; seed++) {
        const { violations, grants, runs } = await history(seed, quirks);
        expect([seed, violations]).toEqual([seed, []]);
        expect(grants).toBeGreaterThan(3);
        expect(runs).toBeGreaterThan(0);
      }
    },
    60_000,
  );

  it.each(['a write needs the ETag', 'a lease lasts its ttl'] as const)(
    'would be caught if Azure broke this rule: %s',
    async (rule) => {
      let caught = 0;
      for (let seed = 0; seed < 100 && caught === 0; seed++) {
        const { violations } = await history(seed, { loss: 0.1, breaks: rule });
        caught += violations.length;
      }
      expect(caught).toBeGreaterThan(0);
    },
    60_000,
  );
});

interface Trust {
  readonly token: number;
  readonly from: number;
  until: number;
}

/** One to four instances that ask for the slots of one job, hold their leases for a while, sometimes die, sometimes give up. */
async function history(seed: number, quirks: AzureQuirks) {
  const random = new SeededRandom(seed);
  const simulation = new Simulation(random);
  const azure = new SimulatedAzure(simulation, quirks);
  const trusts: Trust[] = [];
  const done: number[] = [];
  const violations: string[] = [];
  const ttls = random.next() < 0.5 ? [15_000] : [15_000, 40_000];
  const end = simulation.now + 600_000;

  async function live(name: string): Promise<void> {
    const locks = connect(simulation, azure);
    while (simulation.now < end) {
      await simulation.sleep(random.next() * 8_000);
      const ttl = ttls[Math.floor(random.next() * ttls.length)] ?? 15_000;
      const slot = Math.floor(simulation.now / 10_000) * 10_000;
      const request = {
        lock: 'news',
        grantId: random.uuid(),
        holder: name,
        ttl,
        job: { name: 'send', slot, mark: 'at-release', tolerance: 5_000 },
      } as const;
      const granted = await persistent(2, async () => {
        const sentAt = simulation.now;
        return { sentAt, answer: await locks.acquire(request, NEVER) };
      });
      if (granted === null) {
        await persistent(1, () => locks.release(request, {}, NEVER));
        continue;
      }
      const { answer, sentAt } = granted;
      if (isRefusal(answer) || simulation.now >= sentAt + trustFor(ttl)) {
        if (!isRefusal(answer)) await persistent(1, () => locks.release(answer, {}, NEVER));
        continue;
      }
      if (done.includes(slot)) violations.push(`slot ${slot} was granted after it was done`);
      const trust = { token: answer.fencingToken, from: simulation.now, until: sentAt + trustFor(ttl) };
      trusts.push(trust);
      if (random.next() < 0.15) continue; // It dies, and another takes its place.
      await hold(locks, answer, ttl, trust);
      if (simulation.now < trust.until) trust.until = simulation.now;
      const released = await persistent(3, async () => {
        await locks.release(answer, { job: { name: 'send', slot } }, NEVER);
        return true;
      });
      const record = released && (await persistent(3, () => locks.read('news', NEVER)));
      if (record && record.jobs['send']?.lastSlot === slot) done.push(slot);
    }
  }

  async function hold(locks: BlobLocks, grant: LeaseGrant, ttl: number, trust: Trust): Promise<void> {
    const over = simulation.now + random.next() ** 3 * 60_000;
    for (;;) {
      await simulation.sleep(Math.max(0, Math.min(ttl / 3, over - simulation.now)));
      if (simulation.now >= Math.min(over, trust.until)) return;
      const sentAt = simulation.now;
      const renewed = await persistent(1, () => locks.renew(grant, ttl, NEVER));
      if (renewed === false) {
        trust.until = Math.min(trust.until, simulation.now);
        return;
      }
      if (simulation.now >= trust.until) return;
      if (renewed) trust.until = sentAt + trustFor(ttl);
    }
  }

  for (const name of ['a', 'b', 'c', 'd'].slice(0, 1 + (seed % 4))) void live(name);
  await simulation.run();

  const inOrder = trusts.toSorted((one, other) => one.from - other.from);
  for (const [n, trust] of inOrder.entries()) {
    for (const later of inOrder.slice(n + 1)) {
      if (later.from < trust.until) violations.push(`${later.token} was trusted while ${trust.token} was`);
      if (later.token <= trust.token) violations.push(`${later.token} came after ${trust.token}`);
    }
  }
  return { violations, grants: trusts.length, runs: done.length };
}

function connect(simulation: Simulation, azure: SimulatedAzure): BlobLocks {
  const clock: Clock = {
    wall: () => simulation.now,
    monotonic: () => simulation.now,
    setTimer: () => ({ cancel() {} }),
  };
  return new BlobLocks(() => azure.client(), new StoreClock(clock), clock);
}

/** What it comes to in so many tries; `null` if every answer was lost. */
async function persistent<T>(tries: number, call: () => Promise<T>): Promise<T | null> {
  for (let n = 0; n < tries; n++) {
    try {
      return await call();
    } catch {
      // Whether it happened is unknown: the next try will show.
    }
  }
  return null;
}

function trustFor(ttl: number): number {
  return ttl * 0.99 - 1_000;
}

const NEVER = new AbortController().signal;
