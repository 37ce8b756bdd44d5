import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Cluster,
  type Entry,
  type Instance,
  type KindOfJob,
  kindsEnv,
  type RunEnded,
  type RunStarted,
} from '@leased-jobs/cluster-harness';
import { endOf, startsIn } from '../acceptance/worker-cluster.js';
import type { Store } from '../acceptance/together.js';

/** Instances of the app of many kinds of jobs on one store, and what the tests ask of them. */
export class KindsCluster implements AsyncDisposable {
  readonly cluster: Cluster;
  readonly #directory = mkdtempSync(join(tmpdir(), 'leased-jobs-kinds-'));

  /** Starts no instance yet. */
  constructor(jobs: readonly KindOfJob[], { env }: Store) {
    this.cluster = new Cluster({
      script: new URL('../../dist/kinds/kinds.js', import.meta.url),
      instances: 0,
      directory: this.#directory,
      env: { ...kindsEnv({ jobs }), TZ: 'UTC', ...env },
      startTimeout: 60_000,
    });
  }

  /** Adds instances, and resolves when each has started. */
  async start(instances: number): Promise<void> {
    await Promise.all(Array.from({ length: instances }, () => this.cluster.start()));
  }

  get living(): readonly Instance[] {
    return this.cluster.instances.filter(({ exit }) => exit === null);
  }

  startsOf(job: string, after = -Infinity): readonly RunStarted[] {
    return startsIn(this.cluster.history()).filter((start) => start.job === job && start.at > after);
  }

  /** The first start of a job after that moment. Waits for it. */
  async startAfter(job: string, after: number, timeout: number): Promise<RunStarted> {
    return this.cluster.waitFor(() => this.startsOf(job, after)[0], { timeout });
  }

  /** A run of the job that goes on now, and who has it. Waits for one. */
  async running(
    job: string,
    timeout: number,
  ): Promise<{ readonly run: RunStarted; readonly holder: Instance }> {
    return this.cluster.waitFor(
      () => {
        const run = this.goingOn(job).at(-1);
        const holder = this.living.find(({ id }) => id === run?.instance);
        return run && holder && { run, holder };
      },
      { timeout },
    );
  }

  /** The runs of the job that have not ended, on instances that have not either. */
  goingOn(job: string): readonly RunStarted[] {
    const history = this.cluster.history();
    const living = new Set(this.living.map(({ id }) => id));
    return this.startsOf(job).filter((start) => living.has(start.instance) && !endOf(start, history));
  }

  endOf(run: RunStarted): RunEnded | undefined {
    return endOf(run, this.cluster.history());
  }

  /**
   * How many runs of a job have gone on at once, at most. A run that wrote no end ended with its instance: when the signal that
   * killed it was sent.
   */
  mostAtOnce(job: string): number {
    const history = this.cluster.history();
    const changes = this.startsOf(job).flatMap((start) => [
      { at: start.at, by: 1 },
      { at: endOf(start, history)?.at ?? deathOf(start.instance, history), by: -1 },
    ]);
    let [now, most] = [0, 0];
    for (const { by } of changes.toSorted((a, b) => a.at - b.at || a.by - b.by)) {
      most = Math.max(most, (now += by));
    }
    return most;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function deathOf(instance: string, history: readonly Entry[]): number {
  return history.find((entry) => entry.instance === instance && entry.kind === 'killed')?.at ?? Infinity;
}
