/** What a test tells the instances of the worker app, by the variable `WORKER`. All durations are milliseconds. */
export interface WorkerSettings {
  /** The job's period. */
  readonly every: number;
  /** How many guarded steps a run takes, and how long each lasts. */
  readonly steps: number;
  readonly stepTime: number;
  readonly ttl: number;
  readonly drainTimeout?: number;
  /** `deaf`: the handler goes on when it is told to stop, and returns as if nothing had happened. */
  readonly handler?: 'heeding' | 'deaf';
  /** For how long SIGWINCH blocks the event loop. Not at all by default. */
  readonly blockTime?: number;
}

export const WORKER_JOB = 'work';

/** The environment of an instance of the worker app. */
export function workerEnv(settings: WorkerSettings): Readonly<Record<string, string>> {
  return { WORKER: JSON.stringify(settings), LEASED_JOBS_NAMESPACE: 'worker' };
}

export function workerSettings(
  env: Readonly<Record<string, string | undefined>> = process.env,
): WorkerSettings {
  return JSON.parse(env['WORKER'] ?? '{}') as WorkerSettings;
}
