import type { JobStatus, LockRecord, RunReport } from '@leased-jobs/core';

/** What is known of a job: from this instance, and from the store. */
export interface JobInfo extends JobStatus {
  /**
   * The instance whose lease on the job's lock is live, or null. It may hold it for another job. If several instances may run
   * the job at once, the first of them.
   */
  readonly holder: string | null;
  /** All of them: one for each of `locks` that is held. */
  readonly holders: readonly string[];
  /** Whether the job is paused for the whole cluster. */
  readonly paused: boolean;
  /** How the last run ended, wherever it was; null if there was none. */
  readonly lastRun: RunReport | null;
}

/** @param recordOf Of each of the job's locks. */
export function jobInfo(job: JobStatus, recordOf: ReadonlyMap<string, LockRecord | null>): JobInfo {
  const records = job.locks.map((lock) => recordOf.get(lock) ?? null);
  const known = records.flatMap((record) =>
    record && Object.hasOwn(record.jobs, job.record) ? (record.jobs[job.record] ?? []) : [],
  );
  const holders = records.flatMap((record) => record?.lease?.holder ?? []);
  const lastRuns = known.flatMap(({ recent: [lastRun] }) => lastRun ?? []);
  return {
    ...job,
    holder: holders[0] ?? null,
    holders,
    paused: known.some(({ paused }) => paused),
    lastRun: lastRuns.toSorted((one, other) => other.startedAt - one.startedAt)[0] ?? null,
  };
}
