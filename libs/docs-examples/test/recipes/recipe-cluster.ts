import { setTimeout as sleep } from 'node:timers/promises';
import type { LoggerService, Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach } from '@jest/globals';
import { type Clock, MemoryLeaseProvider, MemoryStore, type RunReport } from '@leased-jobs/core';
import { LEASED_JOBS_OPTIONS, LeasedJobs } from '@leased-jobs/nestjs';
import { Wire, WiredProvider } from '@leased-jobs/testing';

/** Instances begin by chance within so many milliseconds, so that they do not crowd the store. */
export const BEGUN = 2_000;
/** By then others have taken over what a dead instance held: its ttl, and what they wait by chance. */
export const TAKEN_OVER = 30_000 + 2_000;

/** One instance of an app. */
export interface Instance {
  readonly app: TestingModule;
  readonly name: string;
  /** Stops it as a deployment does. */
  close(): Promise<void>;
  /** Cuts it off from the store for good: to the others it is dead. */
  kill(): void;
}

/** Instances of a recipe's module, as it is, that share a store. Whatever is still up is closed after the test. */
export class RecipeCluster {
  readonly #store: MemoryStore;
  readonly #module: Type;
  /** The runs that have ended, on whatever instance. */
  readonly ended: { readonly job: string; readonly report: RunReport }[] = [];
  #started = 0;

  constructor(module: Type, given?: Clock | MemoryStore) {
    this.#module = module;
    this.#store = given instanceof MemoryStore ? given : new MemoryStore(given);
  }

  /** Rejects if the app does not start. */
  async start(): Promise<Instance> {
    const instance = await this.open();
    await instance.app.init();
    return instance;
  }

  /** One that has not begun to start. */
  async open(): Promise<Instance> {
    const wire = new Wire();
    const name = `web-${++this.#started}`;
    const backend = new WiredProvider(new MemoryLeaseProvider(this.#store), wire);
    const app = await Test.createTestingModule({ imports: [this.#module] })
      // What `forRoot()` was given: nothing. The recipe itself takes all from the environment.
      .overrideProvider(LEASED_JOBS_OPTIONS)
      .useValue({ backend, clock: this.#store.clock, instance: name, env: { LEASED_JOBS_NAMESPACE: 'test' } })
      .setLogger(SILENT)
      .compile();
    opened.push(app);
    app.get(LeasedJobs).events.subscribe((event) => {
      if (event.type === 'run-ended') this.ended.push(event);
    });
    return { app, name, close: () => app.close(), kill: () => opened.unshift({ close: wire.freeze() }) };
  }

  /** The instance whose lease on the job's lock is live. */
  static async holder({ app }: Instance, job: string): Promise<string | null> {
    return (await app.get(LeasedJobs).get(job)).holder;
  }
}

/** Those that are cut off are let through again before anything is closed, so that no close hangs. */
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
});

const SILENT: LoggerService = { log() {}, warn() {}, error() {} };

/** Waits until something has come about, at most as long as a busy machine takes to start a process. */
export async function until(what: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!what()) {
    if (performance.now() > end) throw new Error(`This did not come about in time: ${what.toString()}`);
    await sleep(2);
  }
}
