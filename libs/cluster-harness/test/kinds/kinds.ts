import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkHistory, formatViolations, hostTime, type KindOfJob } from '@leased-jobs/cluster-harness';
import type { Store } from '../acceptance/together.js';
import { KindsCluster } from './kinds-cluster.js';
import { openOperator } from './operator.js';

/** What differs between the backends. All durations are milliseconds. */
export interface KindsPace {
  readonly ttl: number;
  /** How often the holder of the service is killed, and within what time another one has it. */
  readonly kills: number;
  readonly takeover: number;
  /** How often it is told to stop, and within what time another one has it in the mean. */
  readonly stops: number;
  readonly handOver: number;
  /** What is paused, and within what time it has stopped, and goes on again. */
  readonly paused: 'listener' | 'report';
  readonly pause: number;
  /** From the end of a run to the next, and by how much less it may be: by how far instances are apart in the store's time. */
  readonly delay: number;
  readonly apart: number;
}

/**
 * Six instances live through kills, stops, a pause and a restart of all. What came of it is told by the cases; the history is
 * held against all rules in the end.
 */
export function describeKinds(backend: string, openStore: () => Promise<Store>, pace: KindsPace): void {
  describe(`six instances on ${backend}`, () => {
    const resources: AsyncDisposable[] = [];
    let cluster: KindsCluster;
    let lived: Lived;

    beforeAll(async () => {
      const store = await openStore();
      resources.push(store);
      resources.push((cluster = new KindsCluster(jobsOf(pace), store)));
      await cluster.start(INSTANCES);
      lived = await liveThrough(cluster, store, pace);
    }, 240_000);

    afterAll(async () => {
      for (const resource of resources.toReversed()) await resource[Symbol.asyncDispose]();
    }, 30_000);

    it(`have a service of one that is killed taken over within ${pace.takeover} ms`, () => {
      expect(lived.takeovers).toHaveLength(pace.kills);
      expect(Math.max(...lived.takeovers)).toBeLessThanOrEqual(pace.takeover);
    });

    it(`have it handed over within ${pace.handOver} ms of a SIGTERM, in the median`, () => {
      expect(lived.handOvers).toHaveLength(pace.stops);
      expect(median(lived.handOvers)).toBeLessThanOrEqual(pace.handOver);
    });

    it('run it on one instance at a time', () => {
      expect(cluster.mostAtOnce('consumer')).toBe(1);
    });

    it('run what three may run at once on three, and never on more', () => {
      expect(cluster.mostAtOnce('pool')).toBe(3);
      expect(new Set(cluster.startsOf('pool').map(({ lock }) => lock))).toEqual(
        new Set(['pool', 'pool#2', 'pool#3']),
      );
    });

    it('run two jobs on one lock, and never at once', () => {
      for (const job of ['export', 'import']) expect(cluster.startsOf(job).length).toBeGreaterThan(5);
      const starts = [...cluster.startsOf('export'), ...cluster.startsOf('import')];
      expect(new Set(starts.map(({ lock }) => lock))).toEqual(new Set(['files']));
    });

    it('keep the delay after each run that has ended, and none after one that was cut short', () => {
      const pauses = pausesOf(cluster, 'poll');
      expect(pauses.length).toBeGreaterThan(5);
      expect(Math.min(...pauses)).toBeGreaterThanOrEqual(pace.delay - pace.apart);
      expect(lived.pollTakeover).toBeLessThanOrEqual(pace.takeover);
    });

    it('stop what is paused, leave it alone though all of them are restarted, and resume it', () => {
      expect(lived.stopping).toBeLessThanOrEqual(pace.pause);
      expect(lived.startsWhilePaused).toEqual([]);
      expect(lived.othersWhilePaused).toBeGreaterThan(0);
      expect(lived.resuming).toBeLessThanOrEqual(pace.pause);
    });

    it('break no rule', () => {
      expect(formatViolations(checkHistory(cluster.cluster.history()))).toBe('');
    });
  });
}

/** Milliseconds, but for the starts. */
interface Lived {
  readonly takeovers: readonly number[];
  /** From the signal to the start elsewhere. */
  readonly handOvers: readonly number[];
  readonly pollTakeover: number;
  readonly stopping: number;
  readonly resuming: number;
  readonly startsWhilePaused: readonly unknown[];
  readonly othersWhilePaused: number;
}

async function liveThrough(cluster: KindsCluster, store: Store, pace: KindsPace): Promise<Lived> {
  const patience = pace.takeover + 10_000;
  const takeovers: number[] = [];
  for (let kills = 0; kills < pace.kills; kills++) {
    const { holder } = await cluster.running('consumer', patience);
    await delay(SETTLED);
    const killed = hostTime();
    await holder.kill();
    takeovers.push((await cluster.startAfter('consumer', killed, patience)).at - killed);
    await cluster.start(1);
  }
  const handOvers: number[] = [];
  for (let stops = 0; stops < pace.stops; stops++) {
    const { holder } = await cluster.running('consumer', patience);
    await delay(SETTLED);
    const told = hostTime();
    await holder.terminate();
    handOvers.push((await cluster.startAfter('consumer', told, patience)).at - told);
    await cluster.start(1);
  }
  const { holder: poller } = await cluster.running('poll', patience);
  const killed = hostTime();
  await poller.kill();
  const pollTakeover = (await cluster.startAfter('poll', killed, patience)).at - killed;
  await cluster.start(1);
  return { takeovers, handOvers, pollTakeover, ...(await pauseAndRestart(cluster, store, pace)) };
}

async function pauseAndRestart(
  cluster: KindsCluster,
  store: Store,
  pace: KindsPace,
): Promise<Pick<Lived, 'stopping' | 'resuming' | 'startsWhilePaused' | 'othersWhilePaused'>> {
  const { paused: job, pause } = pace;
  const patience = pause + 10_000;
  const operator = await openOperator(store, [job]);
  try {
    await cluster.running(job, patience);
    const asked = hostTime();
    if (!(await operator.setPaused(job, true))) throw new Error('It was not paused.');
    const paused = hostTime();
    await cluster.cluster.waitFor(() => cluster.goingOn(job).length === 0, { timeout: patience });
    const stopping = hostTime() - asked;

    await Promise.all(cluster.living.map((instance) => instance.terminate()));
    const gone = hostTime();
    await cluster.start(INSTANCES);
    await cluster.startAfter('export', gone, patience);
    await delay(3 * SETTLED);
    const startsWhilePaused = cluster.startsOf(job, paused);
    const othersWhilePaused = cluster.startsOf('export', gone).length;

    const resumed = hostTime();
    if (!(await operator.setPaused(job, false))) throw new Error('It was not resumed.');
    const { at } = await cluster.startAfter(job, resumed, patience);
    return { stopping, resuming: at - resumed, startsWhilePaused, othersWhilePaused };
  } finally {
    await operator.close();
  }
}

/** How many milliseconds there were between each run that has succeeded and the next. */
function pausesOf(cluster: KindsCluster, job: string): readonly number[] {
  const starts = cluster.startsOf(job);
  return starts.flatMap((start, index) => {
    const [end, next] = [cluster.endOf(start), starts[index + 1]];
    return end?.outcome === 'succeeded' && next ? [next.at - end.at] : [];
  });
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

function jobsOf({ ttl, delay: every }: KindsPace): readonly KindOfJob[] {
  const step = { ttl, stepTime: 50 };
  return [
    { ...step, kind: 'service', name: 'consumer' },
    { ...step, kind: 'service', name: 'listener' },
    { ...step, kind: 'service', name: 'pool', concurrency: 3 },
    { ...step, kind: 'interval', name: 'export', lock: 'files', every: EVERY, steps: 6 },
    { ...step, kind: 'interval', name: 'import', lock: 'files', every: EVERY, steps: 6 },
    { ...step, kind: 'interval', name: 'report', every: EVERY, steps: 4 },
    { ...step, kind: 'fixed-delay', name: 'poll', every, steps: 10 },
  ];
}

const INSTANCES = 6;
/** Milliseconds, all. */
const EVERY = 1_000;
/** How long a holder has its lease before something befalls it. */
const SETTLED = 500;
