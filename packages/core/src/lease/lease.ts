/**
 * What a holder holds. Kept alive by renewals until it is released or lost.
 *
 * It is trusted until its validity deadline, which lies *before* the moment at which the store can let anybody else
 * in. A holder that heeds `signal`, and calls `throwIfLost()` before each side effect, stops in time.
 *
 * Not promised: that a side effect which began in time also ends in time. Give the fencing token to the storage if it
 * can check one.
 */
export interface Lease extends AsyncDisposable {
  readonly lock: string;
  /** A safe integer, greater than that of every grant on this lock before it. */
  readonly fencingToken: number;
  /** Aborts with a `LeaseLostError` at the validity deadline, or when the store says that the lease is gone. */
  readonly signal: AbortSignal;
  /** Milliseconds until the validity deadline, read from the clock; 0 after a loss or a release. */
  readonly remaining: number;
  /**
   * Reads the clock, so that it tells the truth even if this process was suspended and no timer has fired yet.
   *
   * @throws LeaseLostError after the validity deadline or a loss.
   * @throws LeaseReleasedError after a release.
   */
  throwIfLost(): void;
  /** Gives the lease back. Never throws: what the store does not hear of, the ttl ends. Calling it twice is harmless. */
  release(): Promise<void>;
}
