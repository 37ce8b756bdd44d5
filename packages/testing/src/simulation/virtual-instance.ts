import { type Clock, type DrainReport, JobEngine, type LeaseProvider, type Random } from '@leased-jobs/core';
import type { SeededRandom } from '../time/seeded-random.js';
import { VirtualClock } from './virtual-clock.js';
import type { NetworkConditions, VirtualNetwork } from './virtual-network.js';
import { VirtualProvider } from './virtual-provider.js';
import type { VirtualTime } from './virtual-time.js';

export interface InstanceOptions {
  /** Milliseconds of its clock in one of the world. Default: 1. */
  readonly rate?: number;
  /** How far its wall clock is ahead, in milliseconds. Default: 0. */
  readonly wallAhead?: number;
  /** By how many milliseconds its timers are late, at the most. Default: 0. */
  readonly lateness?: number;
}

/**
 * Called whenever an instance is started: adds its jobs, or begins whatever else it does. The engine is started when it
 * returns, or when the promise that it returns resolves, as that of `engine.startUp()`. If that rejects the instance ends, as
 * an app that could not start.
 */
export type VirtualApp = (instance: VirtualInstance) => unknown;

/** What is put between the parts of an instance, to watch it or to break it. */
export interface InstanceSeams {
  readonly provider?: (provider: LeaseProvider, instance: VirtualInstance) => LeaseProvider;
  readonly clock?: (clock: Clock) => Clock;
}

export interface InstanceWorld {
  readonly time: VirtualTime;
  readonly network: VirtualNetwork;
  readonly store: LeaseProvider;
  readonly random: SeededRandom;
  readonly wall: number;
  readonly engine: { readonly ttl: number; readonly drainTimeout: number };
  readonly app: VirtualApp;
  readonly seams: InstanceSeams;
}

/** One instance of the app in a virtual cluster, with a clock and an event loop of its own. */
export class VirtualInstance {
  readonly #world: InstanceWorld;
  readonly #rate: number;
  readonly #lateness: number;
  #wall: number;
  #process: Process;

  /** @internal */
  constructor(
    readonly name: string,
    { rate = 1, wallAhead = 0, lateness = 0 }: InstanceOptions,
    world: InstanceWorld,
  ) {
    this.#world = world;
    this.#rate = rate;
    this.#lateness = lateness;
    this.#wall = world.wall + wallAhead;
    this.#process = this.#start();
    this.#run();
  }

  /** That of the process which runs now, or ran last. */
  get engine(): JobEngine {
    return this.#process.engine;
  }

  get clock(): Clock {
    return this.#process.clock;
  }

  /** Whether it runs: it has neither crashed nor been stopped. */
  get isUp(): boolean {
    return this.#process.state === 'up';
  }

  /** Timers, watches and calls that are open. After `stop()`, and once all handlers have ended, there is none. */
  get open(): number {
    return this.#process.clock.pending + this.#process.wire.open;
  }

  /** For handlers: resolves after `ms` milliseconds of this instance's clock, or once `signal` aborts, and never after a crash. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const { clock } = this.#process;
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const timer = clock.setTimer(signal?.aborted ? 0 : ms, end, true);
      signal?.addEventListener('abort', end);
    });
  }

  /** As SIGSTOP: no timer fires and no answer arrives until it resumes. */
  pause(): void {
    this.#process.clock.pause();
  }

  resume(): void {
    this.#process.clock.resume();
  }

  /** As SIGKILL. What it has sent still arrives. */
  crash(): void {
    if (this.#process.state === 'ended') return;
    this.#process.state = 'ended';
    this.#process.clock.end();
    void this.#process.wire.close(); // Its watches end at the store. It never rejects.
  }

  /** Starts it again, after a crash or a stop. */
  restart(): void {
    if (this.#process.state === 'up') return;
    this.crash();
    this.#process = this.#start();
    this.#run();
  }

  /** As SIGTERM: it drains. Let time pass, or this never resolves. */
  stop(): Promise<DrainReport> {
    if (this.#process.state === 'up') this.#process.state = 'stopping';
    return this.engine.close();
  }

  /** Sets its wall clock forward, or back if `ms` is negative. */
  stepWall(ms: number): void {
    this.#wall += ms;
    this.#process.clock.stepWall(ms);
  }

  /** From now on its way to the store is like this. */
  setNetwork(conditions: NetworkConditions): void {
    this.#world.network.setConditions(this.name, conditions);
  }

  #start(): Process {
    const { time, network, store, random, seams, engine } = this.#world;
    const clock = new VirtualClock(
      time,
      { rate: this.#rate, wall: this.#wall, lateness: this.#lateness },
      random,
    );
    const wire = new VirtualProvider({ instance: this.name, clock, network, store });
    return {
      clock,
      wire,
      state: 'up',
      engine: new JobEngine({
        ...engine,
        provider: seams.provider?.(wire, this) ?? wire,
        instance: this.name,
        clock: seams.clock?.(clock) ?? clock,
        random: random satisfies Random,
      }),
    };
  }

  #run(): void {
    const { engine } = this.#process;
    const ready = this.#world.app(this);
    if (!(ready instanceof Promise)) return engine.start();
    const end = (): void => {
      if (this.engine === engine && this.isUp) this.crash();
    };
    void ready.then(() => engine.start(), end); // Neither throws.
  }
}

interface Process {
  readonly clock: VirtualClock;
  readonly wire: VirtualProvider;
  readonly engine: JobEngine;
  state: 'up' | 'stopping' | 'ended';
}
