import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, startCluster } from '../cluster/cluster.js';
import type { GapRule } from '../history/check-gaps.js';
import { checkHistory } from '../history/check-history.js';
import type { Entry } from '../journal/entry.js';
import { runsOf } from '../history/runs.js';
import { formatEntry, type Violation } from '../history/violation.js';
import { hostTime } from '../host-time.js';
import { WORKER_JOB, workerEnv } from '../worker/worker-settings.js';
import { openChaosStore } from './chaos-store.js';
import type { DisturbanceKind } from './disturbance.js';
import { FakeClocks } from './fake-clock.js';
import { Nemesis } from './nemesis.js';
import type { Plan } from './plan.js';

/** What came of one plan on one cluster. */
export interface Trial {
  readonly plan: Plan;
  readonly done: readonly DisturbanceKind[];
  readonly leftOut: readonly DisturbanceKind[];
  /** How many runs were judged. */
  readonly runs: number;
  readonly violations: readonly Violation[];
  /** What no history shows. */
  readonly problems: readonly string[];
  /** Milliseconds. */
  readonly took: number;
  /** Where the journals are kept; null if nothing was wrong, for then they are removed. */
  readonly directory: string | null;
}

/**
 * Starts a cluster and a store, plays the plan, waits until the work goes on, and judges the history. `script` is what
 * the instances run: the worker, unless somebody wants to see what becomes of a worse one.
 */
export async function runTrial(plan: Plan, script: URL = WORKER): Promise<Trial> {
  const began = hostTime();
  const directory = mkdtempSync(join(tmpdir(), 'leased-jobs-chaos-'));
  const verdict = await played(plan, script, directory);
  const bad = verdict.violations.length > 0 || verdict.problems.length > 0;
  if (!bad) rmSync(directory, { recursive: true, force: true });
  return { plan, ...verdict, took: hostTime() - began, directory: bad ? directory : null };
}

async function played(
  plan: Plan,
  script: URL,
  directory: string,
): Promise<Omit<Trial, 'plan' | 'took' | 'directory'>> {
  await using store = await openChaosStore(plan.backend);
  const clocks = FakeClocks.in(directory);
  await using cluster = await startCluster({
    script,
    instances: plan.instances,
    directory,
    env: { ...workerEnv(plan), ...store.env },
    ...(clocks && { envOf: (id: string) => clocks.envOf(id) }),
    startTimeout: START_TIMEOUT,
  });
  const nemesis = new Nemesis({ plan, cluster, store, clocks });
  const problems: string[] = [];
  let gaps: readonly GapRule[] = [];
  try {
    await nemesis.play();
    gaps = await goesOn(plan, cluster);
    await nemesis.endAll();
  } catch (thrown) {
    // The history is judged all the same.
    problems.push(thrown instanceof Error ? thrown.message : String(thrown));
  }
  await cluster.stop();
  const history = cluster.history();
  writeFileSync(join(directory, 'history.txt'), history.map((entry) => formatEntry(entry)).join('\n'));
  return {
    done: nemesis.done,
    leftOut: nemesis.leftOut,
    runs: history.filter(({ kind }) => kind === 'run-started').length,
    violations: checkHistory(history, { gaps, forgettings: nemesis.forgettings }),
    problems: [...nemesis.problems, ...problems],
  };
}

/**
 * Waits until the job has started a few times after the last disturbance, or until it is too late, and returns what is
 * demanded of that time.
 */
async function goesOn(plan: Plan, cluster: Cluster): Promise<readonly GapRule[]> {
  const from = hostTime();
  const idle = 2 * plan.every + SLACK;
  const calm = idle + plan.steps * plan.stepTime;
  const recovery = recoveryTime(plan);
  const job = WORKER_JOB;
  const resumed = await startAfter(cluster, from, { count: 1, timeout: recovery });
  if (resumed === null) return [{ job, from, to: hostTime(), maxGap: recovery }];
  await startAfter(cluster, resumed, { count: CALM_STARTS, timeout: CALM_STARTS * calm });
  return [
    { job, from, to: resumed, maxGap: recovery },
    // What a run takes on a busy machine is no idleness.
    { job, from: resumed, to: hostTime(), maxGap: idle + longestRun(cluster.history(), resumed) },
  ];
}

/** Resolves with when the job has started that often after that moment; null if it has not within `timeout`. */
async function startAfter(
  cluster: Cluster,
  moment: number,
  { count, timeout }: { readonly count: number; readonly timeout: number },
): Promise<number | null> {
  const nth = (history: readonly Entry[]): Entry | undefined =>
    history.filter((entry) => entry.kind === 'run-started' && entry.job === WORKER_JOB && entry.at > moment)[
      count - 1
    ];
  // The error of a wait in vain says less than the gap in the history will.
  return cluster.waitFor(nth, { timeout }).then(
    ({ at }) => at,
    () => null,
  );
}

/** Of those that started since that moment and have ended. Milliseconds. */
function longestRun(history: readonly Entry[], since: number): number {
  const runs = runsOf(history).filter(({ started, ended }) => ended && started.at >= since);
  return Math.max(0, ...runs.map(({ started, ended }) => (ended?.at ?? started.at) - started.at));
}

/** The longest that a lease may be orphaned, then the next slot, and what it takes to find a store again. */
function recoveryTime({ backend, ttl, every, steps, stepTime }: Plan): number {
  return ttl * 1.25 + 2 * every + steps * stepTime + SLACK + (backend === 'file' ? 0 : RECONNECT);
}

const WORKER = new URL('../worker/worker.js', import.meta.url);
/** Milliseconds. */
const START_TIMEOUT = 60_000;
const SLACK = 2_000;
const RECONNECT = 5_000;
/** How many starts are to follow the first one in time. */
const CALM_STARTS = 3;
