import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  asError,
  ConfigurationError,
  type EventStream,
  type JobDefinition,
  type JobStatus,
  type LeasedJobsEvent,
  type LockRecord,
  type PauseOptions,
  type RunNowAnswer,
  show,
} from '@leased-jobs/core';
import { type Observable, ReplaySubject, takeUntil } from 'rxjs';
import { SETUP, type Setup } from './configuration/setup.js';
import { GuardedObservable } from './events/guarded-observable.js';
import { type JobInfo, jobInfo } from './job-info.js';
import { RegistryMirror } from './registry/registry-mirror.js';
import { LOG_CONTEXT } from './logging/event-log.js';

/**
 * The jobs of this app: for an operator's page, a health check, or a test.
 *
 * @example
 * ```ts
 * @Controller('jobs')
 * export class JobsController {
 *   constructor(private readonly jobs: LeasedJobs) {}
 *   @Get()
 *   list(): Promise<readonly JobInfo[]> {
 *     return this.jobs.list();
 *   }
 * }
 * ```
 */
@Injectable()
export class LeasedJobs {
  /** All that happens to jobs and leases on this instance, as it happens. */
  readonly events: Pick<EventStream<LeasedJobsEvent>, 'subscribe'>;
  /**
   * The same for RxJS. It is hot, never fails, and completes once the app has closed. What a subscriber throws is logged, and
   * ends nothing.
   */
  readonly events$: Observable<LeasedJobsEvent>;
  /** Who this instance is, for people: `holder` and reports name instances like this. */
  readonly instance: string;
  readonly #engine: Setup['engine'];
  readonly #mirror: RegistryMirror;
  readonly #closed = new ReplaySubject<void>(1);

  constructor(@Inject(SETUP) { engine }: Setup, @Inject(RegistryMirror) mirror: RegistryMirror) {
    this.#mirror = mirror;
    this.#engine = engine;
    this.events = engine.events;
    this.events$ = new GuardedObservable<LeasedJobsEvent>(tellOfThrown, (subscriber) =>
      engine.events.subscribe((event) => subscriber.next(event)),
    ).pipe(takeUntil(this.#closed));
    this.instance = engine.instance;
  }

  /**
   * Every job of this app, with what the store knows of it. Each lock is read once.
   *
   * @throws StoreError if the store cannot be asked, or the signal's reason.
   */
  async list(options: { readonly signal?: AbortSignal } = {}): Promise<readonly JobInfo[]> {
    const jobs = [...this.#engine.jobs()];
    const records = await this.#read([...new Set(jobs.flatMap(({ locks }) => locks))], options.signal);
    return jobs.map((job) => jobInfo(job, records));
  }

  /**
   * One job of this app, with what the store knows of it.
   *
   * @throws ConfigurationError if there is no such job. For the rest like `list`.
   */
  async get(name: string, options: { readonly signal?: AbortSignal } = {}): Promise<JobInfo> {
    const job = this.#status(name);
    return jobInfo(job, await this.#read(job.locks, options.signal));
  }

  /**
   * Runs a job now on this instance, outside of its schedule: whether or not it is due, paused, or enabled here. It takes the
   * job's lease like any run, and counts for no slot. Resolves at the end of the run; what the handler throws is in the report.
   *
   * @param options.signal Ends the asking, and not the run.
   * @returns how the run ended, or why there was none: mostly because the lock is held, and by whom.
   * @throws ConfigurationError if there is no such job, or it is a service. StoreError if the store could not be asked.
   *   LeasesClosedError once the app stops.
   */
  async runNow(name: string, options: { readonly signal?: AbortSignal } = {}): Promise<RunNowAnswer> {
    return this.#engine.runNow(name, options);
  }

  /**
   * Pauses a job in the whole cluster, until `resume`: across restarts, and for instances that start later. A run that is under
   * way goes on to its end; a service is told to stop within a ttl. Other jobs go on, also those that share its lock.
   *
   * @returns whether it was written. On a store where only the holder of a lock may write, such as Azure Blob, a run has to end
   *   first: it is waited for, at most `wait` milliseconds (default 10 000).
   * @throws ConfigurationError if there is no such job. StoreError if the store could not be asked.
   */
  async pause(name: string, options: PauseOptions = {}): Promise<boolean> {
    return this.#engine.setPaused(name, true, options);
  }

  /** Has a paused job go on, within a minute. For the rest like `pause`. */
  async resume(name: string, options: PauseOptions = {}): Promise<boolean> {
    return this.#engine.setPaused(name, false, options);
  }

  /**
   * The next `count` slots of a job, at most 1 000, whether or not this instance attends them: fewer if its schedule ends, none
   * if it has no slots.
   *
   * @throws ConfigurationError if there is no such job, or for another `count`.
   */
  next(name: string, count: number): readonly Date[] {
    return this.#engine.next(name, count);
  }

  /**
   * Adds a job, on this instance only: others that shall run it, too, add it themselves, with the same name, lock and schedule.
   * Once the app has started, it is attended at once. It needs no provider: the handler is any function. What the environment says
   * of single jobs is not for it.
   *
   * @throws ConfigurationError that names the job, the value, and what is legal.
   *
   * @example
   * ```ts
   * jobs.add({ name: `sync-${shop.id}`, schedule: interval(60_000), handler: (run) => sync(shop, run.signal) });
   * ```
   */
  add(definition: JobDefinition): void {
    this.#engine.add(definition);
    this.#mirror.add(definition);
  }

  /**
   * This instance forgets a job, whether a decorator or `add` has made it. Others go on with it. A run of it goes on to its end.
   *
   * @returns whether there was such a job.
   */
  remove(name: string): boolean {
    const isRemoved = this.#engine.remove(name);
    if (isRemoved) this.#mirror.remove(name);
    return isRemoved;
  }

  /** @internal Completes `events$`. */
  close(): void {
    this.#closed.next();
  }

  #status(name: string): JobStatus {
    for (const job of this.#engine.jobs()) if (job.name === name) return job;
    const known = Array.from(this.#engine.jobs(), (job) => job.name)
      .slice(0, NAMES)
      .join(', ');
    throw new ConfigurationError(
      `There is no job ${show(name)}. ${known ? `Choose among ${known}.` : 'None was added.'}`,
    );
  }

  async #read(
    locks: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<Map<string, LockRecord | null>> {
    const records = new Map<string, LockRecord | null>();
    for (let from = 0; from < locks.length; from += READS_AT_ONCE) {
      const reads = locks.slice(from, from + READS_AT_ONCE).map(async (lock) => {
        records.set(lock, await this.#engine.leases.read(lock, signal));
      });
      await Promise.all(reads);
    }
    return records;
  }
}

function tellOfThrown(thrown: unknown): void {
  const { message, stack } = asError(thrown);
  new Logger(LOG_CONTEXT).error(`A subscriber of events$ threw: ${message}`, stack);
}

const READS_AT_ONCE = 16;
/** So many names are told. */
const NAMES = 20;
