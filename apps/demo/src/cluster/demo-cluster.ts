import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from './cluster-environment.js';
import { type Exit, Instance } from './instance.js';

export interface DemoClusterOptions {
  readonly script: string | URL;
  /** One instance for each. */
  readonly ports: readonly number[];
  readonly env: Environment;
  readonly onLine: (instance: Instance, line: string) => void;
  /** Called for an instance that has ended although nobody here has asked it to. */
  readonly onUnexpectedEnd: (instance: Instance, exit: Exit) => void;
}

/** Several instances of one app, each a process of its own. An instance that ends is not replaced. */
export class DemoCluster {
  readonly instances: Instance[] = [];
  readonly #options: DemoClusterOptions;
  readonly #stopping = new AbortController();
  readonly #killed = new Set<Instance>();

  constructor(options: DemoClusterOptions) {
    this.#options = options;
  }

  get living(): readonly Instance[] {
    return this.instances.filter(({ hasEnded }) => !hasEnded);
  }

  /**
   * Starts the first instance alone, so that what is wrong with the settings is told once, and then the others, a few
   * at a time.
   *
   * @throws Error if one did not start. Whoever called stops the others.
   */
  async start(): Promise<void> {
    const { ports } = this.#options;
    for (let from = 0; from < ports.length;) {
      const to = from === 0 ? 1 : from + availableParallelism();
      await Promise.all(ports.slice(from, to).map((port, index) => this.#startOne(from + index + 1, port)));
      from = to;
    }
    for (const instance of this.instances) void this.#watch(instance);
  }

  /** Resolves when all that were started have ended. */
  async ended(): Promise<void> {
    await Promise.all(this.instances.map((instance) => instance.ended));
  }

  /** Sends SIGTERM to all, waits for them, and kills those that have not ended in time. Returns whom it had to kill. */
  async stop(): Promise<readonly Instance[]> {
    this.#stopping.abort();
    const waiting = new AbortController();
    for (const instance of this.living) instance.send('SIGTERM');
    const ended = this.ended().then(() => waiting.abort());
    await sleep(stopTimeout(this.#options.env), undefined, { signal: waiting.signal }).catch(() => {});
    this.kill();
    await ended;
    return [...this.#killed];
  }

  /** Ends at once whatever still lives. */
  kill(): void {
    this.#stopping.abort();
    for (const instance of this.living) {
      this.#killed.add(instance);
      instance.send('SIGKILL');
    }
  }

  async #startOne(number: number, port: number): Promise<void> {
    const { script, env, onLine } = this.#options;
    if (this.#stopping.signal.aborted) return;
    const instance = new Instance({ number, port, script, env, onLine });
    this.instances.push(instance);
    const settled = new AbortController();
    const { signal } = settled;
    const failure = await Promise.race([
      instance.listening.then(() => null),
      instance.ended.then((exit) => describeExit(exit)),
      sleep(START_TIMEOUT, `it did not listen within ${START_TIMEOUT} ms`, { signal }).catch(() => null),
    ]);
    settled.abort();
    if (failure === null || this.#stopping.signal.aborted) return;
    throw new Error(`${instance.name} (pid ${instance.pid}) did not start: ${failure}.`);
  }

  async #watch(instance: Instance): Promise<void> {
    const exit = await instance.ended;
    if (!this.#stopping.signal.aborted) this.#options.onUnexpectedEnd(instance, exit);
  }
}

export function describeExit({ code, signal }: Exit): string {
  if (signal !== null) return `it was ended by ${signal}`;
  return code === null ? 'the system gave it no process' : `it ended with exit code ${code}`;
}

/** An instance takes its drain timeout at most, and a little to close the rest. */
function stopTimeout({ LEASED_JOBS_DRAIN_TIMEOUT }: Environment): number {
  return Number(LEASED_JOBS_DRAIN_TIMEOUT || DEFAULT_DRAIN_TIMEOUT) + GRACE;
}

/** Milliseconds. */
const START_TIMEOUT = 30_000;
const DEFAULT_DRAIN_TIMEOUT = 10_000;
const GRACE = 5_000;
