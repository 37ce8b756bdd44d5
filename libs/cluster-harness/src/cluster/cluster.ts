import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatEntry } from '../history/violation.js';
import type { Entry } from '../journal/entry.js';
import { JournalFile } from '../journal/journal-file.js';
import { JournalReader } from '../journal/journal-reader.js';
import { Guardian } from './guardian.js';
import { describeExit, Instance } from './instance.js';
import { type WaitOptions, waitUntil } from './wait-until.js';

export interface ClusterOptions {
  /** The Node script that every instance runs. It writes a {@link Journal}. */
  readonly script: string | URL;
  /** How many instances to begin with. */
  readonly instances: number;
  /** Where journals and outputs go. Made if need be; one cluster each; whoever gives it removes it. */
  readonly directory: string;
  readonly args?: readonly string[];
  /** Added to `PATH`, which is nearly all that the instances inherit. */
  readonly env?: Readonly<Record<string, string>>;
  /** What one instance gets besides. */
  readonly envOf?: (id: string) => Readonly<Record<string, string>>;
  /** How long an instance may take until it has written `started`. 15 s by default. */
  readonly startTimeout?: number;
  /** Ends the wait for the first instances. */
  readonly signal?: AbortSignal;
}

/**
 * Starts a cluster, and resolves when each instance has written `started`. If one does not, all are ended, and the
 * error holds what that one wrote to stderr.
 *
 * ```ts
 * await using cluster = await startCluster({ script, instances: 3, directory });
 * ```
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const cluster = new Cluster(options);
  try {
    await Promise.all(Array.from({ length: options.instances }, () => cluster.start(options.signal)));
  } catch (thrown) {
    await cluster.stop();
    throw thrown;
  }
  return cluster;
}

/** Real processes of this host that run one script, their fates, and their history. */
export class Cluster {
  readonly #options: ClusterOptions;
  readonly #instances: Instance[] = [];
  readonly #guardian = new Guardian();
  readonly #fates: JournalFile;
  readonly #readers: JournalReader[] = [];
  #spawned = 0;
  #stopped: Promise<void> | null = null;

  constructor(options: ClusterOptions) {
    mkdirSync(options.directory, { recursive: true });
    const path = join(options.directory, 'cluster.journal.jsonl');
    this.#options = options;
    this.#fates = new JournalFile(path);
    this.#readers.push(new JournalReader(path));
  }

  /** All instances that were ever started, also those that have ended. */
  get instances(): readonly Instance[] {
    return this.#instances;
  }

  /** Adds one instance, and resolves when it has written `started`. */
  async start(signal?: AbortSignal): Promise<Instance> {
    if (this.#stopped) throw new Error('The cluster was stopped.');
    const { script, directory, args = [], env = {}, envOf, startTimeout = 15_000 } = this.#options;
    const id = `instance-${++this.#spawned}`;
    const instance = Instance.spawn({
      id,
      script: script instanceof URL ? fileURLToPath(script) : script,
      args,
      env: { ...env, ...envOf?.(id) },
      directory,
      record: (fate) => {
        this.#fates.append(id, fate);
      },
    });
    this.#instances.push(instance);
    void this.#guard(instance); // `exited` never rejects, and `stop` waits for it.
    const journal = new JournalReader(instance.journalPath);
    this.#readers.push(journal);
    await waitUntil(
      () => {
        // The exit is looked at first: whoever has ended by now has written all that it will.
        const { exit } = instance;
        const started = journal.read().some(({ kind }) => kind === 'started');
        if (exit && !started) throw notStarted(instance, describeExit(exit));
        return started;
      },
      () => notStarted(instance, `it has not written "started" within ${startTimeout} ms`),
      { timeout: startTimeout, ...(signal && { signal }) },
    );
    return instance;
  }

  /** What all journals hold by now, in the order of time. */
  history(): readonly Entry[] {
    return this.#readers.flatMap((reader) => reader.read()).toSorted((a, b) => a.at - b.at);
  }

  /**
   * Reads the history again and again until the predicate answers with something, and resolves with it. Rejects after
   * `timeout` milliseconds with the last entries.
   */
  async waitFor<T>(
    predicate: (history: readonly Entry[]) => T,
    options: WaitOptions,
  ): Promise<Exclude<T, false | null | undefined>> {
    return waitUntil(
      () => predicate(this.history()),
      () => {
        const last = this.history().slice(-LAST_ENTRIES).map(formatEntry);
        return new Error([`Waited ${options.timeout} ms in vain. The last entries are:`, ...last].join('\n'));
      },
      options,
    );
  }

  /** Ends every process that is left, with SIGKILL. The history can still be read. Stopping again is harmless. */
  async stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #guard({ pid, exited }: Instance): Promise<void> {
    this.#guardian.watch(pid);
    await exited;
    this.#guardian.forget(pid);
  }

  async #stop(): Promise<void> {
    const ends = await Promise.allSettled(this.#instances.map((instance) => instance.kill()));
    const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
    if (failures.length > 0) throw new AggregateError(failures, 'Some instances could not be ended.');
    await this.#guardian.close(AbortSignal.timeout(GUARDIAN_TIMEOUT));
    this.#fates.close();
  }
}

function notStarted(instance: Instance, why: string): Error {
  const stderr = instance.stderr().trim().slice(-LONGEST_STDERR);
  return new Error(`${instance.id} did not start: ${why}. Its stderr: ${stderr || 'empty'}`);
}

const LAST_ENTRIES = 10;
/** Characters. */
const LONGEST_STDERR = 4_000;
/** Milliseconds. */
const GUARDIAN_TIMEOUT = 5_000;
