import { Inject, Injectable } from '@nestjs/common';
import type { EventStream, JobStatus, LeasedJobsEvent, LockRecord, RunReport } from '@leased-jobs/core';
import { SETUP, type Setup } from './configuration/setup.js';

/** What is known of a job: from this instance, and from the store. */
export interface JobInfo extends JobStatus {
  /** The instance whose lease on the job's lock is live, or null. It may hold it for another job. */
  readonly holder: string | null;
  /** Whether the job is paused for the whole cluster. */
  readonly paused: boolean;
  /** How the last run ended, wherever it was; null if there was none. */
  readonly lastRun: RunReport | null;
}

/** The jobs of this app: for an operator's page, a health check, or a test. */
@Injectable()
export class LeasedJobs {
  /** All that happens to jobs and leases on this instance, as it happens. */
  readonly events: Pick<EventStream<LeasedJobsEvent>, 'subscribe'>;
  /** Who this instance is, for people: `holder` and reports name instances like this. */
  readonly instance: string;
  readonly #engine: Setup['engine'];

  constructor(@Inject(SETUP) { engine }: Setup) {
    this.#engine = engine;
    this.events = engine.events;
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

const READS_AT_ONCE = 16;
