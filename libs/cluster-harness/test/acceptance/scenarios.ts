import { setTimeout as delay } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { checkHistory, formatViolations, hostTime, WORKER_JOB } from '@leased-jobs/cluster-harness';
import type { Scenario } from './together.js';
import { endOf, startsIn, type WorkerCluster } from './worker-cluster.js';

/** What differs between the backends. All durations are milliseconds. */
export interface Pace {
  readonly fast: {
    readonly instances: number;
    readonly every: number;
    readonly ttl: number;
    readonly window: number;
  };
  readonly kill: {
    readonly every: number;
    readonly ttl: number;
    readonly times: number;
    readonly takeover: number;
  };
  readonly freeze: { readonly every: number; readonly ttl: number; readonly times: number };
  /** `handover`: from the end of the interrupted run to the start of the next. */
  readonly term: { readonly every: number; readonly ttl: number; readonly handover: number };
  readonly drain: { readonly every: number; readonly ttl: number };
}

/** What is true of a cluster on any backend whose store does its duty. */
export function scenarios({ fast, kill, freeze, term, drain }: Pace): readonly Scenario[] {
  return [
    {
      title: `starts each slot of a fast job once, of ${fast.instances} instances and for ${fast.window / 1_000} seconds`,
      instances: fast.instances,
      settings: { every: fast.every, steps: 1, stepTime: 5, ttl: fast.ttl },
      async show(workers) {
        const from = hostTime();
        await delay(fast.window);
        const to = hostTime();
        expectSafe(workers, { from, to, maxGap: fast.every * 2 + 500 });
        const slots = startsIn(workers.cluster.history())
          .filter(({ at }) => at >= from && at <= to)
          .map(({ slot }) => slot);
        expect(new Set(slots).size).toBe(slots.length);
        expect(slots.length).toBeGreaterThanOrEqual(fast.window / fast.every - 1);
        expect(slots.length).toBeLessThanOrEqual(fast.window / fast.every + 1);
      },
    },
    {
      title: `takes a slot over within ${kill.takeover} ms each time its holder is killed`,
      instances: kill.times + 2,
      settings: { every: kill.every, steps: 30, stepTime: 50, ttl: kill.ttl },
      async show(workers, { writeFenced }) {
        const from = hostTime();
        for (let kills = 0; kills < kill.times; kills++) {
          const { run, holder } = await workers.freshRun();
          await delay(200);
          await holder.kill();
          const killed = hostTime();
          const heir = await workers.successor(run, kill.takeover + 5_000);
          expect(heir.at - killed).toBeLessThanOrEqual(kill.takeover);
          expect(heir).toMatchObject({ slot: run.slot });
          expect(heir.fencingToken).toBeGreaterThan(run.fencingToken);
          expect(await writeFenced?.(heir.fencingToken)).not.toBe(false);
          expect(await writeFenced?.(run.fencingToken)).not.toBe(true);
        }
        expectSafe(workers, { from, to: hostTime(), maxGap: kill.every + kill.takeover });
      },
    },
    {
      title:
        'tells a holder that was frozen beyond its ttl as soon as it is thawed, and lets it end nothing cleanly',
      instances: 3,
      settings: { every: freeze.every, steps: 60, stepTime: 50, ttl: freeze.ttl },
      async show(workers, { writeFenced }) {
        const from = hostTime();
        for (let freezes = 0; freezes < freeze.times; freezes++) {
          const { run, holder } = await workers.freshRun();
          await delay(300);
          await holder.freeze();
          const heir = await workers.successor(run, freeze.every);
          expect(heir.slot).toBe(run.slot);
          expect(await writeFenced?.(heir.fencingToken)).not.toBe(false);
          await holder.thaw();
          const thawed = hostTime();
          const end = await workers.cluster.waitFor((history) => endOf(run, history), { timeout: 5_000 });
          expect(end).toMatchObject({ outcome: 'lost' });
          expect(end.at - thawed).toBeLessThan(1_000);
          expect(await writeFenced?.(run.fencingToken)).not.toBe(true);
        }
        expectSafe(workers, { from, to: hostTime(), maxGap: freeze.every * 2 });
      },
    },
    {
      title: `hands a slot over within ${term.handover} ms of the end of a run that SIGTERM interrupts, and stops in order`,
      instances: 3,
      settings: { every: term.every, steps: 60, stepTime: 50, ttl: term.ttl },
      async show(workers) {
        const from = hostTime();
        const { run, holder } = await workers.freshRun();
        await delay(300);
        const told = hostTime();
        // Nest ends itself with the signal that it was told to end with, once all is drained.
        expect(await holder.terminate({ timeout: 5_000 })).toEqual({ code: null, signal: 'SIGTERM' });
        const heir = await workers.successor(run, term.handover + 5_000);
        expect(heir.slot).toBe(run.slot);
        const end = endOf(run, workers.cluster.history());
        expect(end).toMatchObject({ outcome: 'interrupted' });
        expect((end?.at ?? Infinity) - told).toBeLessThan(1_000);
        expect(heir.at - (end?.at ?? -Infinity)).toBeLessThanOrEqual(term.handover);
        expectSafe(workers, { from, to: hostTime(), maxGap: term.every + term.handover });
      },
    },
    {
      title:
        'leaves the lease of a run that outlives the drain to its ttl, and ends within a second of the limit',
      instances: 3,
      settings: {
        every: drain.every,
        steps: 400,
        stepTime: 50,
        ttl: drain.ttl,
        drainTimeout: 1_000,
        handler: 'deaf',
      },
      async show(workers) {
        const { run, holder } = await workers.freshRun();
        await delay(300);
        const told = hostTime();
        await holder.terminate({ timeout: 5_000 });
        const gone = hostTime();
        expect(gone - told).toBeLessThan(2_000);
        const heir = await workers.successor(run, drain.every);
        expect(heir.at).toBeGreaterThan(gone);
        expect(heir.slot).toBe(run.slot);
        expect(formatViolations(checkHistory(workers.cluster.history()))).toBe('');
      },
    },
  ];
}

/** No rule was broken, and the job did not stand still for longer than `maxGap`. */
export function expectSafe(
  { cluster }: WorkerCluster,
  window: { readonly from: number; readonly to: number; readonly maxGap: number },
): void {
  const violations = checkHistory(cluster.history(), { gaps: [{ job: WORKER_JOB, ...window }] });
  expect(formatViolations(violations)).toBe('');
}
