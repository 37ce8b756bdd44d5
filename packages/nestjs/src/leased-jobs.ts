import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  asError,
  ConfigurationError,
  type EventStream,
  type JobDefinition,
  type JobStatus,
  type LeasedJobsEvent,
  type LockRecord,
  type RunReport,
  show,
} from '@leased-jobs/core';
import { type Observable, ReplaySubject, takeUntil } from 'rxjs';
import { SETUP, type Setup } from './configuration/setup.js';
import { GuardedObservable } from './events/guarded-observable.js';
import { LOG_CONTEXT } from './logging/event-log.js';

/** What is known of a job: from this instance, and from the store. */
export interface JobInfo extends JobStatus {
  /** The instance whose lease on the job's lock is live, or null. It may hold it for another job. */
  readonly holder: string | null;
  /** Whether the job is paused for the whole cluster. */
  readonly paused: boolean;
  /** How the last run ended, wherever it was; null if there was none. */
  readonly lastRun: RunReport | null;
}

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
  readonly #closed = new ReplaySubject<void>(1);

  constructor(@Inject(SETUP) { engine }: Setup) {
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
    const records = await this.#read([...new Set(jobs.map((job) => job.lock))], options.signal);
    return jobs.map((job) => info(job, records.get(job.lock) ?? null));
  }

  /**
   * One job of this app, with what the store knows of it.
   *
   * @throws ConfigurationError if there is no such job. For the rest like `list`.
   */
  async get(name: string, options: { readonly signal?: AbortSignal } = {}): Promise<JobInfo> {
    const job = this.#status(name);
    return info(job, await this.#engine.leases.read(job.lock, options.signal));
  }

  /**
   * Adds a job, on this instance only: others that shall run it, too, add it themselves, with the same name, lock and schedule.
   * Once the app has started, it is attended at once. It needs no provider: the handler is any function.
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
  }

  /**
   * This instance forgets a job, whether a decorator or `add` has made it. Others go on with it. A run of it goes on to its end.
   *
   * @returns whether there was such a job.
   */
  remove(name: string): boolean {
    return this.#engine.remove(name);
  }

  /** @internal Completes `events$`. */
  close(): void {
    this.#closed.next();
  }

  #status(name: string): JobStatus {
    const names: string[] = [];
    for (const job of this.#engine.jobs()) {
      if (job.name === name) return job;
      names.push(job.name);
    }
    throw new ConfigurationError(`There is no job ${show(name)}. ${choice(names)}`);
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

function info(job: JobStatus, record: LockRecord | null): JobInfo {
  const jobs = record?.jobs ?? {};
  const known = Object.hasOwn(jobs, job.name) ? jobs[job.name] : undefined;
  return {
    ...job,
    holder: record?.lease?.holder ?? null,
    paused: known?.paused ?? false,
    lastRun: known?.recent[0] ?? null,
  };
}

function choice(names: readonly string[]): string {
  if (names.length === 0) return 'This app has none.';
  const more = names.length > NAMES ? `, and ${names.length - NAMES} more` : '';
  return `Choose among ${names.slice(0, NAMES).join(', ')}${more}.`;
}

function tellOfThrown(thrown: unknown): void {
  const { message, stack } = asError(thrown);
  new Logger(LOG_CONTEXT).error(`A subscriber of events$ threw: ${message}`, stack);
}

const READS_AT_ONCE = 16;
/** So many names are told. */
const NAMES = 20;
