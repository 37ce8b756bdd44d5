import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Cluster,
  type Entry,
  hostTime,
  type Instance,
  type RunAborted,
  type RunEnded,
  type RunEntry,
  type RunStarted,
  startCluster,
  workerEnv,
  type WorkerSettings,
} from '@leased-jobs/cluster-harness';

/** A cluster of the worker app on one backend, and the questions that the acceptance tests ask of it. */
export interface WorkerCluster extends AsyncDisposable {
  readonly cluster: Cluster;
  /** The next run of a slot that has not been tried before, or one that began a moment ago. Waits for it. */
  freshRun(): Promise<{ readonly run: RunStarted; readonly holder: Instance }>;
  /** The first start by another instance after that moment. */
  successor(of: RunStarted, timeout: number): Promise<RunStarted>;
  /** The first start by any instance after that moment. */
  nextRun(after: number, timeout: number): Promise<RunStarted>;
}

/** `env` chooses the backend. */
export async function startWorkers(
  instances: number,
  settings: WorkerSettings,
  env: Readonly<Record<string, string>>,
): Promise<WorkerCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'leased-jobs-cluster-'));
  const cluster = await startCluster({
    script: new URL('../../dist/worker/worker.js', import.meta.url),
    instances,
    directory: folder,
    env: { ...workerEnv(settings), ...env },
    startTimeout: 60_000,
  });
  const freshRun: WorkerCluster['freshRun'] = () => {
    const since = hostTime() - MOMENT;
    return cluster.waitFor(
      (history) => {
        const starts = history.filter(isStart);
        const run = starts.findLast(({ at }) => at >= since);
        if (!run || endOf(run, history) || starts.some((other) => other !== run && other.slot === run.slot)) {
          return null;
        }
        const holder = cluster.instances.find(({ id }) => id === run.instance);
        return holder && !holder.exit ? { run, holder } : null;
      },
      { timeout: settings.every * 2 + 5_000 },
    );
  };
  return {
    cluster,
    freshRun,
    successor: (of, timeout) =>
      cluster.waitFor(
        (history) =>
          history.filter(isStart).find((start) => start.at > of.at && start.instance !== of.instance),
        { timeout },
      ),
    nextRun: (after, timeout) =>
      cluster.waitFor((history) => history.filter(isStart).find(({ at }) => at > after), { timeout }),
    async [Symbol.asyncDispose]() {
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function startsIn(history: readonly Entry[]): readonly RunStarted[] {
  return history.filter(isStart);
}

function isStart(entry: Entry): entry is RunStarted {
  return entry.kind === 'run-started';
}

/** How that run has ended; undefined if it has not. */
export function endOf(run: RunStarted, history: readonly Entry[]): RunEnded | undefined {
  return history.find((entry): entry is RunEnded => entry.kind === 'run-ended' && isOf(run, entry));
}

/** When that run was told that its lease was lost. */
export function lossOf(run: RunStarted, history: readonly Entry[]): RunAborted | undefined {
  return history.find(
    (entry): entry is RunAborted => entry.kind === 'aborted' && entry.reason === 'lost' && isOf(run, entry),
  );
}

function isOf(run: RunStarted, { instance, job, lock, fencingToken }: RunEntry): boolean {
  const isSameGrant = lock === run.lock && fencingToken === run.fencingToken;
  return isSameGrant && instance === run.instance && job === run.job;
}

/** Milliseconds. */
const MOMENT = 200;
