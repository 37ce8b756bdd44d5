/** What a store knows of one lock. Durations, never moments of the store's clock: no two clocks are compared. */
export interface LockRecord {
  readonly lock: string;
  /** The last fencing token granted; 0 if there was none. */
  readonly fencingToken: number;
  /** The live lease, if there is one. */
  readonly lease: { readonly holder: string; readonly expiresIn: number } | null;
  readonly jobs: Readonly<Record<string, JobRecord>>;
}

export interface JobRecord {
  /** Epoch milliseconds of the last slot that counts as run. */
  readonly lastSlot: number | null;
  /** For how many more milliseconds nobody is granted the lock for this job. */
  readonly holdOff: number;
  readonly paused: boolean;
  /** The last runs, newest first, at most {@link MAX_REPORTS}. */
  readonly recent: readonly RunReport[];
}

export const MAX_REPORTS = 20;

/** How one run ended. */
export interface RunReport {
  readonly instance: string;
  readonly fencingToken: number;
  /** Epoch milliseconds by the clock of the instance that ran it; `slot` is null for a run outside the schedule. */
  readonly slot: number | null;
  readonly startedAt: number;
  /** Milliseconds. */
  readonly duration: number;
  readonly outcome: RunOutcome;
  /** The message of what the handler threw, shortened to {@link MAX_ERROR_LENGTH} characters. */
  readonly error?: string;
}

export const MAX_ERROR_LENGTH = 500;

/**
 * - `succeeded`: the handler returned.
 * - `failed`: it threw.
 * - `timed-out`: it ended after `maxRuntime` had passed.
 * - `interrupted`: it was told to stop because of a shutdown, and threw. The slot is free for another instance.
 * - `lost`: the lease was lost before it ended. The slot is free for another instance.
 */
export type RunOutcome = 'succeeded' | 'failed' | 'timed-out' | 'interrupted' | 'lost';
