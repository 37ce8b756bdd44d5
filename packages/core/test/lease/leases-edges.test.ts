import { getEventListeners, getMaxListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { LeasesClosedError, StoreError } from '@leased-jobs/core';
import { ManualClock, SeededRandom } from '@leased-jobs/testing';
import { Attempts } from '../../src/lease/attempts.js';
import { EvenRandom, largestCrowd } from '../support/crowd.js';
import { leasesOf } from '../support/leases-of.js';
import { ScriptedProvider, silent } from '../support/scripted-provider.js';

describe('leases', () => {
  it('do not lose a lease that was lost once more at their close', async () => {
    const provider = new ScriptedProvider(new ManualClock());
    const { leases, events } = leasesOf(provider);
    await leases.tryAcquire('report');
    provider.store.locks.clear();
    await provider.clock.advance(10_000);
    await leases.close();
    expect(events.filter(({ type }) => type === 'lost')).toMatchObject([{ reason: 'taken' }]);
  });
});

describe('closing', () => {
  it('gives back what an attempt under way may have been granted, before it is over', async () => {
    const provider = new ScriptedProvider(new ManualClock());
    const { clock, store } = provider;
    provider.scripts.set('acquire', async (carryOut, signal) => {
      await carryOut();
      return silent(carryOut, signal);
    });
    const { leases } = leasesOf(provider);
    const asking = leases.tryAcquire('report').catch((thrown: unknown) => thrown);
    await clock.advance(10);
    expect(store.locks.get('report')?.lease).not.toBeNull();
    await leases.close();
    expect(store.locks.get('report')?.lease).toBeNull();
    expect(await asking).toBeInstanceOf(LeasesClosedError);
    expect(clock.pending).toEqual([]);
  });

  it('is waited for by any number of attempts and waits, which is no leak', () => {
    const provider = new ScriptedProvider(new ManualClock());
    const options = { provider, clock: provider.clock, random: new SeededRandom(1), emit: () => {} };
    const { closing } = new Attempts({ ...options, instance: 'web-1', namespace: '' });
    expect(getMaxListeners(closing)).toBe(Infinity);
  });
});

describe('acquire', () => {
  it('leaves no listener on the signal of its caller', async () => {
    const provider = new ScriptedProvider(new ManualClock());
    const { clock, store } = provider;
    const holder = new ScriptedProvider(clock, store);
    await leasesOf(holder, { random: new SeededRandom(2) }).leases.tryAcquire('report');
    let failures = 1;
    provider.scripts.set('acquire', (carryOut) => {
      if (failures-- > 0) throw new StoreError('a blip', { kind: 'transient' });
      return carryOut();
    });
    const { signal } = new AbortController();
    const waiting = leasesOf(provider).leases.acquire('report', { wait: 20_000, signal });
    await clock.advance(1_000);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    store.locks.clear();
    await clock.advance(11_000);
    expect(await waiting).not.toBeNull();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it.each([
    ['a store that tells of releases', 20, true],
    ['a store that does not', 30, false],
  ])(
    'does not crowd %s: of 50 instances that wait, at most %i %% ask within any 100 ms',
    async (_, percent, tells) => {
      const holder = new ScriptedProvider(new ManualClock());
      const { clock, store } = holder;
      await leasesOf(holder, { random: new SeededRandom(99) }).leases.tryAcquire('report');
      holder.scripts.set('renew', () => new Promise(() => {}));
      const asked: number[] = [];
      const waiting: Promise<unknown>[] = [];
      const started = clock.monotonic();
      for (let number = 0; number < 50; number++) {
        const provider = new ScriptedProvider(clock, store);
        if (tells) provider.tell();
        provider.scripts.set('acquire', (carryOut) => {
          asked.push(clock.monotonic());
          return carryOut();
        });
        const { leases } = leasesOf(provider, { random: new EvenRandom(number, 50) });
        waiting.push(leases.acquire('report', { wait: 15_000 }));
      }
      await clock.advance(15_000);
      await Promise.all(waiting);
      // At the end of their waits, which is the same for all, all ask once more.
      const again = asked.slice(50).filter((at) => at < started + 14_900);
      expect(again.length).toBeGreaterThanOrEqual(50);
      expect(largestCrowd(again, 100)).toBeLessThanOrEqual(percent / 2);
    },
  );

  it('is granted a second or so after the lock was given back, where the store does not tell of that', async () => {
    const provider = new ScriptedProvider(new ManualClock());
    const { leases } = leasesOf(provider);
    const { clock } = provider;
    const held = await leases.tryAcquire('report', { ttl: 60_000 });
    const waiting = leases.acquire('report', { wait: 30_000 });
    await clock.advance(5_000);
    await held?.release();
    await clock.advance(1_500);
    expect(provider.calls.filter(({ operation }) => operation === 'acquire').length).toBeLessThan(12);
    await (await waiting)?.release();
    expect(provider.grantIds.length).toBeGreaterThan(2);
    expect(clock.pending).toEqual([]);
  });

  it('asks ever more rarely, where the store does not tell of releases', async () => {
    const provider = new ScriptedProvider(new ManualClock());
    const { leases } = leasesOf(provider);
    await leases.tryAcquire('report');
    const waiting = leases.acquire('report', { wait: 60_000 });
    await provider.clock.advance(61_000);
    expect(await waiting).toBeNull();
    expect(provider.times('acquire').length).toBeGreaterThan(20);
    expect(provider.times('acquire').length).toBeLessThan(45);
  });
});
