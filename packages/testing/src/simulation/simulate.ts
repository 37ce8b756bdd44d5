import type { LeaseProvider, MemoryStore } from '@leased-jobs/core';
import { SeededRandom } from '../time/seeded-random.js';
import { plan, stop } from './faults.js';
import { Holders } from './holders.js';
import { historyText, type HistoryEntry, type NewEntry, type Violation } from './history.js';
import { checkHistory } from './invariants/check-history.js';
import { type KindName, kinds } from './kinds/kinds.js';
import { AFTERMATH, CALM, DRAIN_TIMEOUT } from './phases.js';
import type { Scenario } from './scenario.js';
import { FencedResource, startWork } from './simulated-work.js';
import { RecordingStore, recordingProvider } from './simulated-store.js';
import { type ClusterSeams, VirtualCluster } from './virtual-cluster.js';
import type { Witness } from './witness.js';

/** What one seed came to. */
export interface Simulation {
  readonly kind: KindName;
  readonly scenario: Scenario;
  readonly violations: readonly Violation[];
  /** The history as text: the same for the same seed, byte for byte. */
  readonly history: string;
  readonly counts: SimulationCounts;
}

export interface SimulationCounts {
  /** Milliseconds. */
  readonly simulated: number;
  readonly steps: number;
  readonly grants: number;
  readonly runs: number;
  /** How many of each kind struck. */
  readonly faults: Readonly<Record<string, number>>;
}

/** What is put between the parts of a simulated world, to break it. */
export interface SimulationSeams extends Omit<ClusterSeams, 'onNetworkFault' | 'store'> {
  readonly store?: (store: MemoryStore, witness: Witness) => LeaseProvider;
}

export interface SimulationOptions extends SimulationSeams {
  /** What is played. Default: `intervals`. */
  readonly kind?: KindName;
}

/** Plays a scenario, or the one that a seed draws, on the real core, and judges what happened. */
export async function simulate(
  scenario: Scenario | number,
  { kind: kindName = 'intervals', ...seams }: SimulationOptions = {},
): Promise<Simulation> {
  const { draw, invariants } = kinds[kindName];
  const world = typeof scenario === 'number' ? draw(scenario) : scenario;
  const entries: HistoryEntry[] = [];
  const faults: Record<string, number> = {};
  const count = (fault: string): void => {
    faults[fault] = (faults[fault] ?? 0) + 1;
  };
  const record = (entry: NewEntry): void => {
    entries.push({ at: cluster.now, ...entry });
  };
  const { store: storeKind } = world;
  const holders = new Holders();
  const at = (moment: number, look: () => void): void => cluster.at(moment, look);
  const witness = { record, holders, at };
  const resource = new FencedResource();
  const random = new SeededRandom(world.seed ^ 0x5eed);
  const rates = new Map(world.instances.map(({ rate }, n) => [`web-${n}`, rate]));
  const rateOf = (instance: string): number => rates.get(instance) ?? 1;
  let stored: MemoryStore | undefined;
  const isLive = (lock: string, token: number): boolean => {
    const lease = stored?.locks.get(lock)?.lease;
    return lease?.fencingToken === token && cluster.now < lease.expiresAt;
  };
  const context = { ...witness, scenario: world, random, resource, now: () => cluster.now, rateOf, isLive };
  const cluster = new VirtualCluster({
    seed: world.seed,
    drainTimeout: DRAIN_TIMEOUT,
    app: (instance) => startWork(instance, context),
    seams: {
      ...seams,
      store: (store) => {
        stored = store;
        return seams.store?.(store, witness) ?? new RecordingStore(store, witness, storeKind.renewsMany);
      },
      provider: (provider, instance) => {
        const recorded = recordingProvider(provider, instance.name, { ...witness, kind: storeKind });
        return seams.provider?.(recorded, instance) ?? recorded;
      },
      onNetworkFault: count,
    },
  });
  for (const [n, options] of world.instances.entries()) cluster.add(`web-${n}`, options);
  for (const fault of world.faults) {
    plan(fault, cluster, record);
    count(fault.kind);
  }
  await cluster.advance(world.stormEnds + CALM);
  for (const instance of cluster.instances) if (instance.isUp) stop(instance, cluster, record);
  await cluster.advance(AFTERMATH);
  for (const { name, open } of cluster.instances) record({ type: 'open', instance: name, handles: open });
  const of = (type: HistoryEntry['type']): number => entries.filter((entry) => entry.type === type).length;
  return {
    kind: kindName,
    scenario: world,
    violations: checkHistory(entries, world, { invariants, drainTimeout: DRAIN_TIMEOUT }),
    get history() {
      return historyText(entries);
    },
    counts: {
      simulated: cluster.now,
      steps: cluster.steps,
      grants: of('granted'),
      runs: of('run-started'),
      faults,
    },
  };
}
