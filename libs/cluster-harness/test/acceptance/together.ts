import { afterAll, beforeAll, describe, it } from '@jest/globals';
import type { WorkerSettings } from '@leased-jobs/cluster-harness';
import { startWorkers, type WorkerCluster } from './worker-cluster.js';

/** A store of its own for one cluster. */
export interface Store extends AsyncDisposable {
  /** What tells an instance to use it. */
  readonly env: Readonly<Record<string, string>>;
  /** A fenced write in it; `false` if a greater token has been seen. Absent where the store has no such write. */
  readonly writeFenced?: (fencingToken: number) => Promise<boolean>;
}

/** What a cluster goes through, and what is shown by that. */
export interface Scenario<S extends Store = Store> {
  readonly title: string;
  readonly instances: number;
  readonly settings: WorkerSettings;
  readonly show: (workers: WorkerCluster, store: S) => Promise<void>;
}

/**
 * A test for each scenario. Scenarios mostly wait, so they go on side by side; but not before all clusters have started,
 * for that keeps a small machine busy.
 */
export function describeTogether<S extends Store>(
  backend: string,
  openStore: () => Promise<S>,
  scenarios: readonly Scenario<S>[],
): void {
  describe('a cluster', () => {
    const resources: AsyncDisposable[] = [];
    const shows = new Map<Scenario<S>, Promise<void>>();
    const run = (scenario: Scenario<S>): Promise<void> | undefined => shows.get(scenario);

    beforeAll(async () => {
      const ready: { readonly scenario: Scenario<S>; readonly workers: WorkerCluster; readonly store: S }[] =
        [];
      for (const scenario of scenarios) {
        const store = await openStore();
        resources.push(store);
        const workers = await startWorkers(scenario.instances, scenario.settings, store.env);
        resources.push(workers);
        ready.push({ scenario, workers, store });
      }
      for (const { scenario, workers, store } of ready) {
        const shown = scenario.show(workers, store);
        // How it ends is told by its own test.
        shown.catch(() => {});
        shows.set(scenario, shown);
      }
    }, START_LIMIT);

    for (const scenario of scenarios) {
      it(`on ${backend} ${scenario.title}`, () => run(scenario), SHOW_LIMIT);
    }

    afterAll(async () => {
      // Instances before the store that they use.
      for (const resource of resources.toReversed()) await resource[Symbol.asyncDispose]();
    }, START_LIMIT);
  });
}

/** Milliseconds. */
const START_LIMIT = 90_000;
const SHOW_LIMIT = 150_000;
