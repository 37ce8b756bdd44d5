import { expect } from '@jest/globals';
import { leaseTiming } from '@leased-jobs/core';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../../src/index.js';
import { expectFreeSoon } from './aftermath.js';
import { FAULTS } from './faults.js';
import { Instance, WiredInstance } from './instance.js';
import type { Case } from './side-by-side.js';
import type { WireStore } from './wire-store.js';

/** One renewal is struck by each fault, or nothing passes for half a second when it is due. */
export function renewCases(): readonly Case[] {
  const cases: readonly (readonly [name: string, fault: Fault | 'silence'])[] = [
    ...FAULTS,
    ['half a second in which nothing passes', 'silence'],
  ];
  return cases.map(([name, fault]) => ({
    title: `keeps its lease, and believes in it for no longer, in spite of ${name}`,
    show: (store, lock) => keepsIt(store, lock, fault),
  }));
}

async function keepsIt(store: WireStore, lock: string, fault: Fault | 'silence'): Promise<void> {
  const { ttl } = store;
  let token: number;
  {
    await using instance = await WiredInstance.open(store);
    await using other = new Instance(store, 'other');
    const lease = await instance.granted(lock);
    token = lease.fencingToken;
    const stopWatching = watchValidity(instance, lease, timingOf(store));
    const struck = strike(instance, store, fault);

    // The store would have let somebody else in by now, had no renewal arrived.
    await sleep(ttl + store.granularity + 200);
    expect(await struck()).toBe(true);
    expect(await other.leases.tryAcquire(lock)).toBeNull();
    expect(lease.signal.aborted).toBe(false);
    expect(lease.remaining).toBeGreaterThan(0);
    expect(instance.count('lost')).toBe(0);
    expect(instance.count('renewed')).toBeGreaterThan(0);
    expect(stopWatching()).toBe(0);
    await lease.release();
  }
  await expectFreeSoon(store, lock, { within: 1_000, after: token });
}

function timingOf({ ttl, port, providerAt }: WireStore): number {
  const { limits, name } = providerAt(port);
  return leaseTiming(ttl, limits, name).trustedFor;
}

/** Arms the fault for the next call, and returns whether it has struck. */
function strike(
  { proxy }: WiredInstance,
  { isCall, ttl }: WireStore,
  fault: Fault | 'silence',
): () => Promise<boolean> {
  if (fault !== 'silence') {
    const armed = proxy.arm(fault, { at: isCall });
    return async () => armed.struck === 1;
  }
  // A renewal leaves at most a tenth of its period early.
  const over = sleep(0.28 * ttl).then(async () => {
    const end = proxy.silence();
    await sleep(0.05 * ttl + 500);
    end();
    return true;
  });
  return () => over;
}

/**
 * Looks at each renewal at how much longer the lease is believed in: counted from the sending of its request, which is no
 * later than its arrival at the wire. Returns how to stop, which tells by how many milliseconds it was too long at worst.
 */
function watchValidity(
  instance: WiredInstance,
  lease: { readonly remaining: number },
  trustedFor: number,
): () => number {
  let excess = 0;
  const unsubscribe = instance.onEvent(({ type }) => {
    if (type !== 'renewed') return;
    const arrivedAt = instance.calls.at(-1)?.arrivedAt ?? NaN;
    const latest = arrivedAt + trustedFor;
    // A reading of the clock, and a wall clock that steps in whole milliseconds, between the two.
    const believedUntil = performance.now() + lease.remaining;
    excess = Math.max(excess, Math.floor(believedUntil - latest - 1));
  });
  return () => {
    unsubscribe();
    return excess;
  };
}
