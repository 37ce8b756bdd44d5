import { expect } from '@jest/globals';
import { StoreError } from '@leased-jobs/core';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../../src/index.js';
import { expectFreeSoon } from './aftermath.js';
import { bound, ControlAttempts } from './control-attempts.js';
import { FAULTS } from './faults.js';
import { Instance, WiredInstance } from './instance.js';
import type { Case } from './side-by-side.js';

/** One of the requests that an attempt takes, from 1. */
export interface Step {
  readonly name: string;
  readonly nth: number;
  /** Whether the lock has never been used before. */
  readonly fresh?: boolean;
}

/** Every fault at every step of an attempt. */
export function acquireCases(steps: readonly Step[]): readonly Case[] {
  return steps.flatMap((step) =>
    FAULTS.map(([name, fault]) => ({
      title: `is granted within a second in spite of ${name}, ${step.name}`,
      show: outlives(fault, step),
    })),
  );
}

function outlives(fault: Fault, { nth, fresh }: Step): Case['show'] {
  return async (store, lock) => {
    let last = 0;
    if (!fresh) {
      await using predecessor = new Instance(store, 'predecessor');
      const lease = await predecessor.granted(lock);
      last = lease.fencingToken;
      await lease.release();
    }
    {
      await using instance = await WiredInstance.open(store);
      const armed = instance.proxy.arm(fault, { at: store.isCall, nth });
      await using control = new ControlAttempts(store, lock);
      const begun = performance.now();
      const lease = await instance.leases.tryAcquire(lock);
      const took = performance.now() - begun;
      const slowest = await control.stop();
      expect(armed.struck).toBe(1);
      // `null` would say that somebody holds it, and that somebody could only be ourselves.
      expect(lease).not.toBeNull();
      expect(took).toBeLessThan(bound(1_000, slowest));
      expect(lease?.fencingToken).toBeGreaterThan(last);
      last = lease?.fencingToken ?? NaN;
      // What is late or comes twice finds the lease held, and changes nothing.
      await sleep(800);
      expect(() => lease?.throwIfLost()).not.toThrow();
      await using other = new Instance(store, 'other');
      expect(await other.leases.tryAcquire(lock)).toBeNull();
      await lease?.release();
    }
    await expectFreeSoon(store, lock, { within: 1_000, after: last });
  };
}

/** Faults without end: the attempt fails, as an error, in time, and leaves the lock blocked for no more than a ttl. */
export const HOPELESS: readonly (readonly [name: string, fault: Fault | 'silence', blocks: boolean])[] = [
  ['nothing passes', 'silence', false],
  ['every answer is swallowed', { kind: 'swallow' }, true],
  ['every connection closes before the store has the request', { kind: 'break-before', by: 'close' }, false],
  ['every connection is reset in place of the answer', { kind: 'break-after', by: 'reset' }, true],
];

export function hopelessCases(): readonly Case[] {
  return HOPELESS.map(([name, fault, blocks]) => ({
    title: `fails with a StoreError within 10 s while ${name}, and blocks the lock for a ttl at most`,
    show: async (store, lock) => {
      {
        await using instance = await WiredInstance.open(store);
        const { proxy, leases } = instance;
        if (fault === 'silence') proxy.silence();
        else proxy.arm(fault, { at: store.isCall, times: Infinity });
        const begun = performance.now();
        const outcome = await leases.tryAcquire(lock).catch((thrown: unknown) => thrown);
        expect(outcome).toBeInstanceOf(StoreError);
        expect(performance.now() - begun).toBeLessThan(10_000);
      }
      const within = blocks ? store.ttl + store.granularity + 1_000 : 1_000;
      await expectFreeSoon(store, lock, { within, after: 0 });
    },
  }));
}
