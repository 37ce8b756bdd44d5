import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Cluster,
  type Entry,
  type Instance,
  type RunStarted,
  startCluster,
  workerEnv,
  type WorkerSettings,
} from '@leased-jobs/cluster-harness';

/** A cluster of the worker app on one backend, and the questions that the acceptance tests ask of it. */
export interface WorkerCluster extends AsyncDisposable {
  readonly cluster: Cluster;
  /** The run that goes on now: started, and not ended. Waits for one. */
  currentRun(after?: number): Promise<{ readonly run: RunStarted; readonly holder: Instance }>;
  /** The first start by another instance after that moment. */
  successor(of: RunStarted, timeout: number): Promise<RunStarted>;
}

/** `env` chooses the backend; by default it is a new folder. */
export async function startWorkers(
  instances: number,
  settings: WorkerSettings,
  env: Readonly<Record<string, string>> = {},
): Promise<WorkerCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'leased-jobs-cluster-'));
  const cluster = await startCluster({
    script: new URL('../../dist/worker/worker.js', import.meta.url),
    instances,
    directory: join(folder, 'journals'),
    env: {
      LEASED_JOBS_BACKEND: 'file',
      LEASED_JOBS_DIRECTORY: join(folder, 'leases'),
      ...workerEnv(settings),
      ...env,
    },
    startTimeout: 60_000,
  });
  const currentRun: WorkerCluster['currentRun'] = (after = 0) =>
    cluster.waitFor(
      (history) => {
        const run = history.findLast(isStart);
        if (!run || run.at < after || history.some((entry) => ended(entry, run))) return null;
        const holder = cluster.instances.find(({ id }) => id === run.instance);
        return holder && !holder.exit ? { run, holder } : null;
      },
      { timeout: 30_000 },
    );
  return {
    cluster,
    currentRun,
    successor: (of, timeout) =>
      cluster.waitFor(
        (history) =>
          history.filter(isStart).find((start) => start.at > of.at && start.instance !== of.instance),
        { timeout },
      ),
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

function ended(entry: Entry, run: RunStarted): boolean {
  return (
    entry.kind === 'run-ended' && entry.instance === run.instance && entry.fencingToken === run.fencingToken
  );
}
