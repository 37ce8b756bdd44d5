import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { checkHistory, formatViolations, hostTime, WORKER_JOB } from '@leased-jobs/cluster-harness';
import { startsIn, startWorkers, type WorkerCluster } from './worker-cluster.js';

const MINUTE = 60_000;

/** No rule was broken, and the job did not stand still for longer than `maxGap`. */
function expectSafe({ cluster }: WorkerCluster, window: { from: number; to: number; maxGap: number }): void {
  const violations = checkHistory(cluster.history(), { gaps: [{ job: WORKER_JOB, ...window }] });
  expect(formatViolations(violations)).toBe('');
}

describe('a cluster on the file backend', () => {
  it(
    'starts each slot of a fast job once, of ten instances and for 20 seconds',
    async () => {
      await using workers = await startWorkers(10, { every: 500, steps: 1, stepTime: 5, ttl: 5_000 });
      const from = hostTime();
      await delay(20_000);
      const to = hostTime();
      expectSafe(workers, { from, to, maxGap: 1_500 });
      const slots = startsIn(workers.cluster.history())
        .filter(({ at }) => at >= from && at <= to)
        .map(({ slot }) => slot);
      expect(new Set(slots).size).toBe(slots.length);
      expect(slots.length).toBeGreaterThanOrEqual(39);
      expect(slots.length).toBeLessThanOrEqual(41);
    },
    MINUTE,
  );

  it(
    'takes a slot over within a second each time its holder is killed',
    async () => {
      await using workers = await startWorkers(6, { every: 3_000, steps: 40, stepTime: 50, ttl: 10_000 });
      const from = hostTime();
      for (let kills = 0; kills < 5; kills++) {
        const { run, holder } = await workers.currentRun();
        await delay(200);
        await holder.kill();
        const killed = hostTime();
        const heir = await workers.successor(run, 5_000);
        expect(heir.at - killed).toBeLessThanOrEqual(1_000);
        expect(heir).toMatchObject({ slot: run.slot });
        expect(heir.fencingToken).toBeGreaterThan(run.fencingToken);
      }
      expectSafe(workers, { from, to: hostTime(), maxGap: 5_000 });
    },
    MINUTE,
  );

  it(
    'tells a holder that was frozen beyond its ttl as soon as it is thawed, and lets it end nothing cleanly',
    async () => {
      await using workers = await startWorkers(3, { every: 6_000, steps: 100, stepTime: 50, ttl: 2_000 });
      const from = hostTime();
      for (let freezes = 0; freezes < 2; freezes++) {
        const { run, holder } = await workers.currentRun(freezes === 0 ? 0 : hostTime() - 1_000);
        await delay(300);
        await holder.freeze();
        const heir = await workers.successor(run, 10_000);
        expect(heir.slot).toBe(run.slot);
        await holder.thaw();
        const thawed = hostTime();
        const end = await workers.cluster.waitFor(
          (history) =>
            history.find(
              (entry) =>
                entry.kind === 'run-ended' &&
                entry.instance === run.instance &&
                entry.fencingToken === run.fencingToken,
            ),
          { timeout: 5_000 },
        );
        expect(end).toMatchObject({ outcome: 'lost' });
        expect(end.at - thawed).toBeLessThan(1_000);
      }
      expectSafe(workers, { from, to: hostTime(), maxGap: 12_000 });
    },
    MINUTE,
  );

  it(
    'hands a slot over when its run is interrupted by SIGTERM, and stops in order',
    async () => {
      await using workers = await startWorkers(3, { every: 6_000, steps: 60, stepTime: 50, ttl: 10_000 });
      const from = hostTime();
      const { run, holder } = await workers.currentRun();
      await delay(300);
      const told = hostTime();
      // Nest ends itself with the signal that it was told to end with, once all is drained.
      expect(await holder.terminate({ timeout: 5_000 })).toEqual({ code: null, signal: 'SIGTERM' });
      const heir = await workers.successor(run, 5_000);
      expect(heir.at - told).toBeLessThan(1_500);
      expect(heir.slot).toBe(run.slot);
      const ends = workers.cluster
        .history()
        .filter(({ kind, instance }) => kind === 'run-ended' && instance === run.instance);
      expect(ends).toMatchObject([{ outcome: 'interrupted' }]);
      await workers.currentRun();
      expectSafe(workers, { from, to: hostTime(), maxGap: 10_000 });
    },
    MINUTE,
  );

  it(
    'leaves the lease of a run that outlives the drain to its ttl, and ends within a second of the limit',
    async () => {
      await using workers = await startWorkers(3, {
        every: 30_000,
        steps: 400,
        stepTime: 50,
        ttl: 4_000,
        drainTimeout: 1_000,
        handler: 'deaf',
      });
      const { run, holder } = await workers.currentRun();
      await delay(300);
      const told = hostTime();
      await holder.terminate({ timeout: 5_000 });
      expect(hostTime() - told).toBeLessThan(2_000);
      const heir = await workers.successor(run, 10_000);
      expect(heir.slot).toBe(run.slot);
      expect(formatViolations(checkHistory(workers.cluster.history()))).toBe('');
    },
    MINUTE,
  );
});
