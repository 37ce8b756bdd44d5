import { type LeaseProvider, MemoryLeaseProvider, MemoryStore } from '@leased-jobs/core';
import { SeededRandom } from '../time/seeded-random.js';
import { VirtualClock } from './virtual-clock.js';
import {
  type InstanceOptions,
  type InstanceSeams,
  type VirtualApp,
  VirtualInstance,
} from './virtual-instance.js';
import { type NetworkFault, VirtualNetwork } from './virtual-network.js';
import { VirtualTime } from './virtual-time.js';

export interface VirtualClusterOptions {
  /** What each instance does. It is called at every start, and may add jobs to `instance.engine`. */
  readonly app: VirtualApp;
  /** The same seed gives the same history. Default: 1. */
  readonly seed?: number;
  /** The default of all leases, in milliseconds. Default: 30 000. */
  readonly ttl?: number;
  /** Milliseconds. Default: 10 000. */
  readonly drainTimeout?: number;
  /** Epoch milliseconds at which the store's clock begins. Default: the beginning of 2030, UTC. */
  readonly wall?: number;
  /** @internal What is put between its parts, to watch it or to break it. */
  readonly seams?: ClusterSeams;
}

/** @internal */
export interface ClusterSeams extends InstanceSeams {
  readonly store?: (store: MemoryStore) => LeaseProvider;
  readonly onNetworkFault?: (fault: NetworkFault, instance: string) => void;
}

/**
 * A cluster in one process: instances of your app with the real job engine, and a store that they share. Only time, the
 * network and the processes are virtual, so an hour takes milliseconds, instances may crash or freeze at any moment,
 * and every run of a test is the same.
 *
 * Handlers wait by `instance.sleep` and for promises. Real timers and real I/O do not go on while virtual time passes:
 * give your handlers fakes.
 *
 * @example
 * ```ts
 * const sent: string[] = [];
 * const cluster = new VirtualCluster({
 *   app: (instance) => {
 *     const handler = async (run: JobRun) => {
 *       await instance.sleep(2_000, run.signal); // it takes its time to gather the readers
 *       run.throwIfLost();
 *       sent.push(instance.name);
 *     };
 *     instance.engine.add({ name: 'newsletter', schedule: interval(300_000), handler });
 *   },
 * });
 * const instances = Array.from({ length: 10 }, (_, n) => cluster.add(`web-${n}`));
 * const runner = () => instances.find(({ engine }) => [...engine.jobs()].some((job) => job.running));
 * while (!runner()) await cluster.advance(500);
 *
 * runner()?.crash(); // in mid-run
 * await cluster.advance(60_000);
 *
 * assert.equal(sent.length, 1); // another one took the slot over
 * await cluster.close();
 * ```
 */
export class VirtualCluster {
  readonly #options: VirtualClusterOptions;
  readonly #time = new VirtualTime();
  readonly #random: SeededRandom;
  readonly #wall: number;
  readonly #network: VirtualNetwork;
  readonly #store: MemoryStore;
  readonly #storeProvider: LeaseProvider;
  readonly #instances = new Map<string, VirtualInstance>();

  constructor(options: VirtualClusterOptions) {
    const { seed = 1, wall = Date.UTC(2030, 0, 1), seams = {} } = options;
    this.#options = options;
    this.#wall = wall;
    this.#random = new SeededRandom(seed);
    const onFault = seams.onNetworkFault ?? (() => {});
    this.#network = new VirtualNetwork(this.#time, this.#random, onFault);
    this.#store = new MemoryStore(new VirtualClock(this.#time, { rate: 1, wall, lateness: 0 }, this.#random));
    this.#storeProvider = seams.store?.(this.#store) ?? new MemoryLeaseProvider(this.#store);
  }

  /** Milliseconds since it was made. */
  get now(): number {
    return this.#time.now;
  }

  /** How many things have happened: timers that fired, messages that arrived. */
  get steps(): number {
    return this.#time.steps;
  }

  get instances(): readonly VirtualInstance[] {
    return [...this.#instances.values()];
  }

  /** Starts one more instance. */
  add(name: string, options: InstanceOptions = {}): VirtualInstance {
    if (this.#instances.has(name)) throw new RangeError(`Two instances cannot both be called "${name}".`);
    const { ttl = 30_000, drainTimeout = 10_000, app, seams = {} } = this.#options;
    const instance = new VirtualInstance(name, options, {
      time: this.#time,
      network: this.#network,
      store: this.#storeProvider,
      random: this.#random,
      wall: this.#wall,
      engine: { ttl, drainTimeout },
      app,
      seams,
    });
    this.#instances.set(name, instance);
    return instance;
  }

  /** Lets `ms` milliseconds pass for the whole cluster. */
  advance(ms: number): Promise<void> {
    return this.#time.advance(ms);
  }

  /** @internal Plans something for a moment of `now`. */
  at(moment: number, callback: () => void): void {
    this.#time.at(moment, callback);
  }

  /** Takes the store down, until it is started again: nothing is answered. It keeps what it knows. */
  stopStore(): void {
    this.#network.storeIsUp = false;
  }

  startStore(): void {
    this.#network.storeIsUp = true;
  }

  /**
   * The store forgets all leases and slots, as by a flush. Tokens go on from its clock in microseconds, as they do in
   * any store that can lose its state.
   */
  loseState(): void {
    const fencingToken = Math.floor(this.#time.now * 1_000);
    for (const lock of this.#store.locks.keys()) {
      this.#store.locks.set(lock, { fencingToken, lease: null, jobs: {} });
    }
  }

  /** @internal Pauses or resumes a job at the store, as an operator does. */
  setPaused(lock: string, job: string, paused: boolean): void {
    void this.#storeProvider.setPaused(lock, job, paused, NEVER); // In memory it never rejects.
  }

  /** Stops all instances that run, and lets time pass until they have drained. */
  async close(): Promise<void> {
    const draining = new Set<VirtualInstance>();
    for (const instance of this.#instances.values()) {
      if (!instance.isUp) continue;
      draining.add(instance);
      instance.resume();
      void instance.stop().then(() => draining.delete(instance)); // It never rejects.
    }
    for (let waited = 0; draining.size > 0 && waited < CLOSE_LIMIT; waited += CLOSE_STEP) {
      await this.advance(CLOSE_STEP);
    }
  }
}

const NEVER = new AbortController().signal;
/** Milliseconds. */
const CLOSE_STEP = 100;
const CLOSE_LIMIT = 3_600_000;
