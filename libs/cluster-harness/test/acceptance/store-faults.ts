import { setTimeout as delay } from 'node:timers/promises';
import { expect } from '@jest/globals';
import {
  checkHistory,
  formatViolations,
  hostTime,
  type RunStarted,
  type ViolationKind,
} from '@leased-jobs/cluster-harness';
import { expectSafe } from './scenarios.js';
import type { Scenario, Store } from './together.js';
import { endOf, lossOf, startsIn, type WorkerCluster } from './worker-cluster.js';

/** A store that can be frozen, and in which a late holder can try to write. */
export interface FaultyStore extends Store {
  readonly server: { freeze(): Promise<void>; thaw(): Promise<void> };
  readonly writeFenced: (fencingToken: number) => Promise<boolean>;
}

/** Milliseconds. The period is longer than a run, which is a second longer than the ttl. */
export interface FaultPace {
  readonly every: number;
  readonly ttl: number;
}

/** The store is silent for so long that every lease ends. */
export function silentStore<S extends FaultyStore>(
  what: string,
  { every, ttl }: FaultPace,
  silence: Silence<S>,
): Scenario<S> {
  return {
    title: `stops a run before its lease ends when ${what}, and goes on when it is back`,
    instances: 3,
    settings: { every, steps: stepsBeyond(ttl), stepTime: STEP, ttl },
    async show(workers, store) {
      const from = hostTime();
      const { run } = await workers.freshRun();
      await delay(300);
      await silence.begin(store);
      const silent = hostTime();
      const loss = await workers.cluster.waitFor((history) => lossOf(run, history), { timeout: ttl + 5_000 });
      // The store has granted or renewed the lease before it fell silent.
      expect(loss.at - silent).toBeLessThan(ttl);
      await delay(silence.duration - (hostTime() - silent));
      expect(startsIn(workers.cluster.history()).filter(({ at }) => at > silent)).toEqual([]);
      await silence.end(store);
      const heir = await workers.nextRun(silent, RECOVERY + ttl + every);
      expect(heir.fencingToken).toBeGreaterThan(run.fencingToken);
      expect(endOf(run, workers.cluster.history())).toMatchObject({ outcome: 'lost' });
      await expectFenced(run, heir, store.writeFenced);
      const maxGap = silence.duration + ttl + 2 * every + RECOVERY;
      if (silence.forgets) expectNothingWorse(workers);
      else expectSafe(workers, { from, to: hostTime(), maxGap });
    },
  };
}

export interface Silence<S extends FaultyStore> {
  readonly begin: (store: S) => Promise<void>;
  readonly end: (store: S) => Promise<void>;
  /** Milliseconds. */
  readonly duration: number;
  /** Whether the store comes back without its data. */
  readonly forgets: boolean;
}

/** Frozen for four ttl, with all that it knew and with open connections. */
export function frozen<S extends FaultyStore>({ ttl }: FaultPace): Silence<S> {
  return {
    begin: ({ server }) => server.freeze(),
    end: ({ server }) => server.thaw(),
    duration: 4 * ttl,
    forgets: false,
  };
}

/** The store forgets, in the middle of a run, that the lease was ever granted. */
export function forgetfulStore<S extends FaultyStore>(
  what: string,
  { every, ttl }: FaultPace,
  forget: (store: S) => Promise<void>,
): Scenario<S> {
  return {
    title: `tells the holder within a third of the ttl and a second when ${what}, and goes on`,
    instances: 3,
    settings: { every, steps: stepsBeyond(ttl), stepTime: STEP, ttl },
    async show(workers, store) {
      const { run } = await workers.freshRun();
      // Tokens go on growing, says Azure's provider, unless the blob had existed for less than a second.
      await delay(ttl < 15_000 ? 300 : 1_500);
      const before = hostTime();
      await forget(store);
      const after = hostTime();
      const loss = await workers.cluster.waitFor((history) => lossOf(run, history), { timeout: ttl + 5_000 });
      expect(loss.at - before).toBeLessThan(ttl / 3 + 1_000);
      const heir = await workers.nextRun(after, RECOVERY + ttl + every);
      expect(heir.fencingToken).toBeGreaterThan(run.fencingToken);
      await expectFenced(run, heir, store.writeFenced);
      // It goes on for more than the one run.
      await workers.nextRun(heir.at, RECOVERY + ttl + 2 * every);
      const end = await workers.cluster.waitFor((history) => endOf(run, history), { timeout: 1_000 });
      expect(end).toMatchObject({ outcome: 'lost' });
      expectNothingWorse(workers);
    },
  };
}

/** The holder that was told writes nothing after its successor, though it may try as late as it likes. */
async function expectFenced(
  late: RunStarted,
  heir: RunStarted,
  writeFenced: FaultyStore['writeFenced'],
): Promise<void> {
  expect(await writeFenced(heir.fencingToken)).toBe(true);
  expect(await writeFenced(late.fencingToken)).toBe(false);
}

/** Of what a lost lease leads to, only what no lease can prevent while its holder does not know yet. */
function expectNothingWorse({ cluster }: WorkerCluster): void {
  const violations = checkHistory(cluster.history()).filter(({ kind }) => !UNPREVENTABLE.has(kind));
  expect(formatViolations(violations)).toBe('');
}

/**
 * A store that has forgotten a lease may grant it again before its first holder renews; one that has forgotten which
 * slots were run has them run again. Tokens still grow, and no holder goes on once it was told.
 */
const UNPREVENTABLE: ReadonlySet<ViolationKind> = new Set([
  'runs-overlap',
  'stale-step',
  'slot-started-twice',
  'slot-repeated-after-success',
]);

/** A run that nobody stops is still there when it has to be told. */
function stepsBeyond(ttl: number): number {
  return (ttl + 1_000) / STEP;
}

/** Milliseconds, as all of these. */
const STEP = 50;
/** How long a service may take to find its store again: back-off and reconnection. */
const RECOVERY = 5_000;
