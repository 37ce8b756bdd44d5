import type { JobRun } from '@leased-jobs/core';
import type { IntervalJobOptions } from './exclusive-interval.js';
import { record } from './job-declaration.js';

/**
 * A provider that is one job: work that is done every `period` milliseconds, by one instance at a time. Extend it, and provide the
 * class; everything else is as with `@ExclusiveInterval`. The job's name is that of the class.
 *
 * `period` and `lock` are read once, when the instance has been made, so they may come from what was injected. A worker cannot
 * be request-scoped or transient.
 *
 * @example
 * ```ts
 * @Injectable()
 * export class CacheRefresh extends ExclusiveWorker {
 *   readonly period = 60_000;
 *
 *   constructor(private readonly cache: Cache) {
 *     super();
 *   }
 *
 *   async doWork(run: JobRun): Promise<void> {
 *     await this.cache.refresh({ signal: run.signal });
 *   }
 * }
 * ```
 */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- see below
export abstract class ExclusiveWorker {
  /** A whole number of milliseconds from 1 to `MAX_INTERVAL`. `LEASED_JOBS_<JOB>_INTERVAL` wins over it. */
  abstract readonly period: number;

  abstract doWork(run: JobRun): unknown;
}

/** Said beside the class, where a subclass may leave it out, and make of it a property or a getter. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging
export interface ExclusiveWorker {
  /** The name of the lock, or options. Default: the job's name. */
  readonly lock?: string | IntervalJobOptions;
}

record(ExclusiveWorker.prototype, {
  decorator: 'ExclusiveWorker',
  member: 'doWork',
  misplaced: null,
  when: undefined,
  options: undefined,
});
