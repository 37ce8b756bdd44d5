import { expect } from '@jest/globals';
import type { Lease } from '@leased-jobs/core';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../../src/index.js';
import { expectFreeSoon } from './aftermath.js';
import { bound, ControlAttempts } from './control-attempts.js';
import { FAULTS } from './faults.js';
import { Instance, WiredInstance } from './instance.js';
import type { Case } from './side-by-side.js';
import type { WireStore } from './wire-store.js';

/** A release is struck by each fault, once. */
export function releaseCases(): readonly Case[] {
  return FAULTS.map(([name, fault]) => ({
    title: `frees the lock, and harms no successor, in spite of ${name}`,
    show: (store, lock) => releases(store, lock, { fault, within: 1_500 }),
  }));
}

/** No release arrives at all, or none in time. */
export function lostReleaseCases(): readonly Case[] {
  return [
    {
      title: 'costs a ttl at most, and renews nothing, when no release ever arrives',
      show: (store, lock) =>
        releases(store, lock, {
          fault: { kind: 'break-before', by: 'reset' },
          times: Infinity,
          within: store.ttl + store.granularity,
        }),
    },
    {
      title: 'costs a ttl at most, and harms no successor, when it arrives after the ttl',
      show: lateByATtl,
    },
  ];
}

interface LostRelease {
  readonly fault: Fault;
  readonly times?: number;
  readonly within: number;
}

async function releases(
  store: WireStore,
  lock: string,
  { fault, times, within }: LostRelease,
): Promise<void> {
  let token: number;
  {
    await using instance = await WiredInstance.open(store);
    await using successor = new Instance(store, 'successor');
    const lease = await instance.granted(lock);
    const armed = instance.proxy.arm(fault, { at: store.isCall, ...(times && { times }) });
    const releasing = timed(lease.release());
    await using control = new ControlAttempts(store, lock);
    const { lease: heir, waited } = await grantedAtLast(successor, lock);
    expect(waited).toBeLessThan(bound(within, await control.stop()));
    // It never throws, and does not go on for ever.
    expect(await releasing).toBeLessThan(store.ttl + LAST_TRY);
    expect(armed.struck).toBeGreaterThan(0);
    expect(heir.fencingToken).toBeGreaterThan(lease.fencingToken);
    token = heir.fencingToken;
    const { length } = instance.calls;

    // Time for whatever is late or comes twice, and for a renewal that should not be.
    await sleep(Math.max(1_500, store.ttl / 3 + 200));
    expect(instance.calls.slice(length)).toEqual([]);
    await expectHeld(store, lock, heir);
    await heir.release();
  }
  await expectFreeSoon(store, lock, { within: 1_000, after: token });
}

/** The wire falls silent, and what was sent before the ttl was over arrives when somebody else has the lock. */
async function lateByATtl(store: WireStore, lock: string): Promise<void> {
  await using instance = await WiredInstance.open(store);
  await using successor = new Instance(store, 'successor');
  const lease = await instance.granted(lock);
  const end = instance.proxy.silence();
  const releasing = timed(lease.release());
  await using control = new ControlAttempts(store, lock);
  const { lease: heir, waited } = await grantedAtLast(successor, lock);
  expect(waited).toBeLessThan(bound(store.ttl + store.granularity, await control.stop()));
  expect(await releasing).toBeLessThan(store.ttl + LAST_TRY);
  expect(heir.fencingToken).toBeGreaterThan(lease.fencingToken);
  end();
  await sleep(500);
  await expectHeld(store, lock, heir);
  await heir.release();
  await expectFreeSoon(store, lock, { within: 1_000, after: heir.fencingToken });
}

/** How long it took, in milliseconds. */
async function timed(work: Promise<void>): Promise<number> {
  const begun = performance.now();
  await work;
  return performance.now() - begun;
}

async function grantedAtLast(instance: Instance, lock: string) {
  const begun = performance.now();
  for (;;) {
    const lease = await instance.leases.tryAcquire(lock);
    const waited = performance.now() - begun;
    if (lease) return { lease, waited };
    if (waited > 30_000) throw new Error(`The lock "${lock}" was still held after ${Math.round(waited)} ms.`);
    await sleep(20);
  }
}

/** By the store's word, and not by the holder's alone. */
async function expectHeld(store: WireStore, lock: string, heir: Lease): Promise<void> {
  await using other = new Instance(store, 'other');
  expect(await other.leases.tryAcquire(lock)).toBeNull();
  const record = await other.leases.read(lock);
  expect(record).toMatchObject({ fencingToken: heir.fencingToken, lease: { holder: 'successor' } });
  expect(() => heir.throwIfLost()).not.toThrow();
}

/** What a try takes at most that began when the ttl was almost over. Milliseconds. */
const LAST_TRY = 2_500;
