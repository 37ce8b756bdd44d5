import { expect } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../../src/index.js';
import { expectFreeSoon } from './aftermath.js';
import { openMany } from './instance.js';
import type { Case } from './side-by-side.js';

/** Every third renewal of every holder is dropped, in one way for each holder, for so many ttl. */
export function droppedCase({ runs, ttls }: { readonly runs: number; readonly ttls: number }): Case {
  return {
    title: `lose none of ${runs} leases when every third renewal is dropped`,
    show: async (store, lock) => {
      await using opened = await openMany(store, runs);
      const held = await Promise.all(
        opened.instances.map(async (instance, n) => {
          // Not all at one moment.
          await sleep((n / runs) * (store.ttl / 3));
          const lease = await instance.granted(`${lock}-${n}`);
          const fault = DROPS[n % DROPS.length] as Fault;
          const armed = instance.proxy.arm(fault, {
            at: store.isCall,
            nth: 1 + (n % 3),
            every: 3,
            times: Infinity,
          });
          return { instance, lease, armed };
        }),
      );
      await sleep(ttls * store.ttl);
      expect(held.flatMap(({ lease, armed }) => (armed.struck === 0 ? [lease.lock] : []))).toEqual([]);
      expect(held.flatMap(({ lease }) => (lease.signal.aborted ? [lease.lock] : []))).toEqual([]);
      expect(held.reduce((lost, { instance }) => lost + instance.count('lost'), 0)).toBe(0);
      await Promise.all(
        held.map(async ({ lease, armed }) => {
          armed.disarm();
          await lease.release();
        }),
      );
      const [first] = held;
      if (first) {
        await expectFreeSoon(store, first.lease.lock, { within: 1_000, after: first.lease.fencingToken });
      }
    },
  };
}

const DROPS: readonly Fault[] = [
  { kind: 'break-before', by: 'close' },
  { kind: 'break-before', by: 'reset' },
  { kind: 'break-after', by: 'close' },
  { kind: 'break-after', by: 'reset' },
  { kind: 'swallow' },
];
