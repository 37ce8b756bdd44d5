import { expect } from '@jest/globals';
import { LeaseLostError } from '@leased-jobs/core';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectFreeSoon } from './aftermath.js';
import { Instance, openMany, type WiredInstance } from './instance.js';
import { latenessOf } from './lateness.js';
import type { Case } from './side-by-side.js';
import type { WireStore } from './wire-store.js';

interface Silence {
  readonly begin: (store: WireStore, instances: readonly WiredInstance[]) => Promise<void>;
  readonly end: (store: WireStore, instances: readonly WiredInstance[]) => Promise<void>;
  /** Whether others can be granted a lock meanwhile. */
  readonly forAll: boolean;
}

/** Nothing passes over the holders' own wires. */
const onTheWire: Silence = {
  begin: async (_, instances) => {
    for (const { proxy } of instances) proxy.silence();
  },
  end: async (_, instances) => {
    for (const { proxy } of instances) proxy.silence()();
  },
  forAll: false,
};

/** The server's process is stopped. */
const inTheServer: Silence = {
  begin: (store) => store.freeze(),
  end: (store) => store.thaw(),
  forAll: true,
};

/** Over their own wires, and of a server that is stopped, which is one of its own. */
export function silenceCases(open: () => Promise<WireStore>): readonly Case[] {
  const title = 'are told of the loss at most 50 ms after the validity deadline, when for four ttl';
  return [
    {
      title: `${title} nothing passes over their wires`,
      show: (store, lock) => showLoss(onTheWire, store, lock),
    },
    {
      title: `${title} the server is stopped`,
      show: async (_, lock) => {
        await using server = await open();
        await showLoss(inTheServer, server, lock);
      },
    },
  ];
}

/**
 * Holders who got their leases at different moments lose them all, each at its own validity deadline. The silence lasts
 * four ttl; then what was sent in vain arrives.
 */
async function showLoss(silence: Silence, store: WireStore, lock: string): Promise<void> {
  await using opened = await openMany(store, LOCKS.length);
  const { instances } = opened;
  const held = await Promise.all(
    instances.map(async (instance, n) => {
      await sleep((n * store.ttl) / LOCKS.length / 3);
      return { instance, lock: `${lock}-${n}`, lease: await instance.granted(`${lock}-${n}`) };
    }),
  );
  // One renewal at least has gone well.
  await sleep(store.ttl * 0.4);
  const begun = performance.now();
  await silence.begin(store, instances);
  const lateness = await Promise.all(held.map(({ lease }) => latenessOf(lease)));
  for (const { signal, control } of lateness) expect(signal - control).toBeLessThanOrEqual(50);
  for (const { lease } of held) {
    expect(lease.signal.reason).toBeInstanceOf(LeaseLostError);
    expect(lease.signal.reason).toMatchObject({ reason: 'unknown' });
  }

  const after = (token: number) => ({ within: store.ttl + store.granularity, after: token });
  if (!silence.forAll) {
    await Promise.all(held.map((one) => expectFreeSoon(store, one.lock, after(one.lease.fencingToken))));
  }
  await sleep(begun + 4 * store.ttl - performance.now());
  // Nothing was sent to renew after the deadline, so nothing that arrives now can take a lock from its new holder.
  await using successor = new Instance(store, 'successor');
  await silence.end(store, instances);
  await Promise.all(
    held.map(async (one) => {
      const heir = await grantedAtLast(successor, one.lock);
      expect(heir.fencingToken).toBeGreaterThan(one.lease.fencingToken);
      await one.lease.release();
      await sleep(500);
      expect((await successor.leases.read(one.lock))?.lease).toMatchObject({ holder: 'successor' });
      await heir.release();
    }),
  );
}

/** A store that comes back may need a moment, and what it finds on its wires may be an old renewal. */
async function grantedAtLast(instance: Instance, lock: string) {
  const lease = await instance.leases.acquire(lock, { wait: 20_000 });
  if (!lease) throw new Error(`The lock "${lock}" was never free again.`);
  return lease;
}

const LOCKS = Array.from({ length: 10 }, (_, n) => n);
