import { LeasedJobsError } from '../errors.js';

/** Something that has to be done before this instance can start was not. Its `cause` tells why. */
export class StartupError extends LeasedJobsError {
  override readonly name = 'StartupError';
  readonly code = 'LEASED_JOBS_STARTUP';

  constructor(
    readonly job: string,
    override readonly cause: Error,
  ) {
    super(`"${job}" has to be done before this app can start, and was not: ${cause.message}`, { cause });
  }
}

/** The `timeout` of a startup job is over. The cause of a `StartupError`, and the reason of the run's signal. */
export class StartupTimeoutError extends LeasedJobsError {
  override readonly name = 'StartupTimeoutError';
  readonly code = 'LEASED_JOBS_STARTUP_TIMEOUT';

  constructor(
    readonly job: string,
    readonly timeout: number,
    why: string,
  ) {
    super(
      `"${job}" was not done within ${timeout} ms: ${why}. Look at that instance or that store, or raise \`timeout\`.`,
    );
  }
}
