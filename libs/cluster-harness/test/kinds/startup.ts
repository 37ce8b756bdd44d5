import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  checkHistory,
  type Entry,
  formatViolations,
  hostTime,
  type KindOfJob,
  type RunStarted,
} from '@leased-jobs/cluster-harness';
import type { Store } from '../acceptance/together.js';
import { KindsCluster } from './kinds-cluster.js';

/** Durations are milliseconds. */
export interface StartupPace {
  readonly instances: number;
  readonly ttl: number;
  /** From the death of the one that does it to the start of the next. */
  readonly takeover: number;
}

/** Instances start together, and one of them has to do something before any of them goes on. The first to try is killed. */
export function describeStartup(backend: string, openStore: () => Promise<Store>, pace: StartupPace): void {
  describe(`${pace.instances} instances that start together on ${backend}`, () => {
    const resources: AsyncDisposable[] = [];
    let cluster: KindsCluster;
    let first: RunStarted;
    let killed: number;

    beforeAll(async () => {
      const store = await openStore();
      resources.push(store);
      resources.push((cluster = new KindsCluster(jobsOf(pace), store)));
      const starts = Array.from({ length: pace.instances }, () => cluster.start(1));
      const all = Promise.allSettled(starts);
      const { run, holder } = await cluster.running(MIGRATION, 60_000);
      await delay(STEPS_TIME / 3);
      killed = hostTime();
      await holder.kill();
      first = run;
      expect((await all).filter(({ status }) => status === 'rejected')).toHaveLength(1);
      // What comes late finds it done.
      await cluster.start(1);
    }, 150_000);

    afterAll(async () => {
      for (const resource of resources.toReversed()) await resource[Symbol.asyncDispose]();
    }, 30_000);

    it('have what is done once done by one of them, and done anew after the death of that one', () => {
      const runs = cluster.startsOf(MIGRATION);
      expect(runs).toHaveLength(2);
      const [, second] = runs;
      expect(second?.instance).not.toBe(first.instance);
      expect((second?.at ?? Infinity) - killed).toBeLessThanOrEqual(pace.takeover);
      expect(second && cluster.endOf(second)).toMatchObject({ outcome: 'succeeded' });
    });

    it('go on when it is done, and none before', () => {
      const done = doneAt(cluster);
      const started = cluster.cluster.history().filter(({ kind }) => kind === 'started');
      expect(started).toHaveLength(pace.instances);
      expect(Math.min(...started.map(({ at }) => at))).toBeGreaterThan(done);
    });

    it('do what each of them does at its start one at a time, after that', () => {
      const runs = cluster.startsOf(WARM_UP);
      expect(new Set(runs.map(({ instance }) => instance)).size).toBe(pace.instances);
      expect(runs).toHaveLength(pace.instances);
      expect(cluster.mostAtOnce(WARM_UP)).toBe(1);
      expect(runs[0]?.at).toBeGreaterThan(doneAt(cluster));
    });

    it('break no rule', () => {
      expect(formatViolations(checkHistory(cluster.cluster.history()))).toBe('');
    });
  });
}

function doneAt(cluster: KindsCluster): number {
  const isDone = (entry: Entry): boolean =>
    entry.kind === 'run-ended' && entry.job === MIGRATION && entry.outcome === 'succeeded';
  return cluster.cluster.history().find(isDone)?.at ?? Infinity;
}

function jobsOf({ ttl }: StartupPace): readonly KindOfJob[] {
  return [
    { kind: 'bootstrap', name: MIGRATION, once: 'v42', ttl, steps: STEPS, stepTime: STEP_TIME },
    { kind: 'bootstrap', name: WARM_UP, ttl, steps: 2, stepTime: STEP_TIME },
  ];
}

const MIGRATION = 'migration';
const WARM_UP = 'warm-up';
const STEPS = 30;
/** Milliseconds. */
const STEP_TIME = 50;
const STEPS_TIME = STEPS * STEP_TIME;
