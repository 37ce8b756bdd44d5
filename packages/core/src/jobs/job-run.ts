import { AsyncLocalStorage } from 'node:async_hooks';
import { LeasedJobsError } from '../errors.js';

/**
 * One execution of a job's handler, under a lease.
 *
 * A handler that **returns** has finished: its slot is done. A handler that was told to stop and **throws** because of
 * that (as `signal.throwIfAborted()` and most I/O that is given the signal do) was interrupted, and another instance
 * takes the slot.
 */
export interface JobRun {
  readonly job: string;
  /** The scheduled time that this run is for, or `null` for a run outside the schedule. */
  readonly slot: Date | null;
  /** Milliseconds between the slot and the start of this run, by this instance's clock. */
  readonly late: number;
  /** 1 for the first call of the handler in this run, 2 for its first `retry`. */
  readonly attempt: number;
  /** Grows with every grant on the lock. A storage that remembers the largest one can refuse a late writer. */
  readonly fencingToken: number;
  /**
   * Aborts when this run should stop. Its `reason` tells why: a `LeaseLostError`, a `ShutdownError`, a `MaxRuntimeError`,
   * a `JobStoppedError` or a `StartupTimeoutError`. What a listener throws is reported, and ends nothing.
   *
   * A process that was suspended may run other code before it learns of it here: see {@link throwIfLost}.
   */
  readonly signal: AbortSignal;
  /** Milliseconds for which the lease is trusted if it is never renewed again; 0 after a loss. */
  readonly remaining: number;
  /**
   * Reads the clock. Call it right before a side effect that must not happen twice.
   *
   * @throws LeaseLostError if exclusivity cannot be promised any more.
   * @throws LeaseReleasedError if this run has ended.
   */
  throwIfLost(): void;
}

/** The run that the calling code is part of, however deep in its call chain; `undefined` outside of any run. */
export function currentRun(): JobRun | undefined {
  return runs.getStore();
}

/**
 * Calls `handler` such that {@link currentRun} finds `run` in it, and in all that it starts. What it returns is awaited in
 * there as well: a query that begins only when it is awaited is part of the run.
 */
export function callWithin(run: JobRun, handler: () => unknown): Promise<void> {
  return runs.run(run, async () => {
    await handler();
  });
}

const runs = new AsyncLocalStorage<JobRun>();

/** The app is shutting down. The reason of a run's signal. */
export class ShutdownError extends LeasedJobsError {
  override readonly name = 'ShutdownError';
  readonly code = 'LEASED_JOBS_SHUTDOWN';

  constructor(readonly job: string) {
    super(
      `"${job}" was told to stop because the app is shutting down. Another instance takes the slot over.`,
    );
  }
}

/** The run has taken longer than its `maxRuntime`. The reason of a run's signal. */
export class MaxRuntimeError extends LeasedJobsError {
  override readonly name = 'MaxRuntimeError';
  readonly code = 'LEASED_JOBS_MAX_RUNTIME';

  constructor(
    readonly job: string,
    readonly maxRuntime: number,
  ) {
    super(
      `"${job}" was told to stop because it ran for more than ${maxRuntime} ms. Make it faster, or raise \`maxRuntime\`.`,
    );
  }
}

/** The service was paused or removed. The reason of its run's signal. */
export class JobStoppedError extends LeasedJobsError {
  override readonly name = 'JobStoppedError';
  readonly code = 'LEASED_JOBS_STOPPED';

  constructor(
    readonly job: string,
    readonly why: 'paused' | 'removed',
  ) {
    super(`"${job}" was told to stop because it was ${why}. What it guards is left to others.`);
  }
}
