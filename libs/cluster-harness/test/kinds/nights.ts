import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  checkHistory,
  type Cluster,
  type Entry,
  formatViolations,
  hostTime,
  type KindOfJob,
  kindsEnv,
  type RunStarted,
  startCluster,
} from '@leased-jobs/cluster-harness';
import { startsIn } from '../acceptance/worker-cluster.js';
import type { Store } from '../acceptance/together.js';

/**
 * The night in which all instances die at the slot of a nightly job, and come back some nights later. A night lasts a few
 * seconds here. Three jobs differ in what becomes of the nights that were missed.
 */
export function describeNights(backend: string, openStore: () => Promise<Store>): void {
  describe(`ten instances on ${backend} that were all killed at the slot of a nightly job, when they are back`, () => {
    const directory = mkdtempSync(join(tmpdir(), 'leased-jobs-nights-'));
    let store: Store | undefined;
    let cluster: Cluster | undefined;
    let nights: Nights;

    beforeAll(async () => {
      store = await openStore();
      cluster = await startCluster({
        script: new URL('../../dist/kinds/kinds.js', import.meta.url),
        instances: INSTANCES,
        directory,
        env: { ...kindsEnv({ jobs: JOBS }), TZ: 'UTC', ...store.env },
        startTimeout: 60_000,
      });
      nights = await livedThrough(cluster);
    }, 150_000);

    afterAll(async () => {
      await cluster?.stop();
      await store?.[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    }, 30_000);

    it('`once` runs the last night once, within a ttl', () => {
      const { backAt, runsBack, lastBefore } = nights;
      const [first, ...others] = runsBack('once');
      expect(slotOf(first)).toBeGreaterThanOrEqual(lastBefore(backAt.wall));
      expect((first?.at ?? Infinity) - backAt.at).toBeLessThanOrEqual(TTL);
      // Those that come later are of later nights, each once.
      expect(others.map(({ slot }) => slot)).toEqual(nightsFrom(slotOf(first) + NIGHT, others.length));
    });

    it('`skip` begins with the first night to come', () => {
      const { backAt, runsBack, lastBefore } = nights;
      const runs = runsBack('skip');
      expect(slotOf(runs[0])).toBeGreaterThan(lastBefore(backAt.wall));
      expect(runs.map(({ slot }) => slot)).toEqual(nightsFrom(slotOf(runs[0]), runs.length));
    });

    it('`all` runs each night that was missed, in order and once, and begins within a ttl', () => {
      const { backAt, runsBack, killedIn } = nights;
      const runs = runsBack('all');
      expect((runs[0]?.at ?? Infinity) - backAt.at).toBeLessThanOrEqual(TTL);
      expect(runs.map(({ slot }) => slot)).toEqual(nightsFrom(killedIn, runs.length));
      expect(runs.length).toBeGreaterThan(NIGHTS_DOWN + 1);
    });

    it('breaks no other rule', () => {
      expect(formatViolations(checkHistory(cluster?.history() ?? []))).toBe('');
    });
  });
}

interface Nights {
  /** The slot at which all were killed. */
  readonly killedIn: number;
  /** When the first of the new instances was there. */
  readonly backAt: Entry;
  /** The starts of a job since then. */
  readonly runsBack: (job: Policy) => readonly RunStarted[];
  /** The last slot at or before that moment, in epoch milliseconds. */
  readonly lastBefore: (wall: number) => number;
}

async function livedThrough(cluster: Cluster): Promise<Nights> {
  // A job that has never run has missed nothing.
  await cluster.waitFor((history) => endedSlots(history).length >= JOBS.length, { timeout: 3 * NIGHT });
  const ran = new Set(endedSlots(cluster.history()));
  const fatal = await cluster.waitFor(
    (history) => {
      const starts = startsIn(history).filter(({ slot }) => !ran.has(slot));
      return starts.length === JOBS.length && starts;
    },
    { timeout: 3 * NIGHT },
  );
  await Promise.all(cluster.instances.map((instance) => instance.kill()));
  const killed = hostTime();
  const killedIn = slotOf(fatal[0]);
  expect(fatal.map(({ slot }) => slot)).toEqual(JOBS.map(() => killedIn));
  expect(endedSlots(cluster.history())).not.toContain(killedIn);

  await delay(killedIn + (NIGHTS_DOWN + 0.5) * NIGHT - Date.now());
  await Promise.all(Array.from({ length: INSTANCES }, () => cluster.start()));
  const backAt = cluster.history().find(({ kind, at }) => kind === 'started' && at > killed);
  if (!backAt) throw new Error('No instance has come back.');
  const runsBack = (job: Policy): readonly RunStarted[] =>
    startsIn(cluster.history()).filter((start) => start.at > killed && start.job === job);
  const lastBefore = (wall: number): number => Math.floor(wall / NIGHT) * NIGHT;
  // Whoever makes up for the missed ones has caught up when it runs the present night.
  await cluster.waitFor(
    () =>
      POLICIES.every((job) =>
        runsBack(job).some(({ slot, wall }) => slot === lastBefore(wall) && wall - backAt.wall > NIGHT),
      ),
    { timeout: 8 * NIGHT },
  );
  return { killedIn, backAt, runsBack, lastBefore };
}

function endedSlots(history: readonly Entry[]): readonly (number | null)[] {
  return history.flatMap((entry) => (entry.kind === 'run-ended' ? [entry.slot] : []));
}

function slotOf(start: RunStarted | undefined): number {
  return start?.slot ?? Number.NaN;
}

function nightsFrom(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => first + index * NIGHT);
}

const INSTANCES = 10;
/** Whole nights for which nobody is there, besides the one in which all were killed. */
const NIGHTS_DOWN = 2;
/** Milliseconds, both: a multiple of a second that divides the minute. */
const NIGHT = 4_000;
const TTL = 4_000;

const POLICIES = ['once', 'skip', 'all'] as const;
type Policy = (typeof POLICIES)[number];

const JOBS = POLICIES.map((missed): KindOfJob => ({
  kind: 'cron',
  name: missed,
  expression: `*/${NIGHT / 1_000} * * * * *`,
  missed,
  ttl: TTL,
  steps: 30,
  stepTime: 50,
}));
