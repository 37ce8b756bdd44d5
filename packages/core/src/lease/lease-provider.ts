import type { LockRecord, RunReport } from './lock-record.js';

/**
 * The seam between the lease protocol and one kind of store.
 *
 * A **lock** is a name that at most one instance may hold at a time. A **lease** is a time-bounded grant on it. A
 * provider answers questions about leases and does nothing else: it never retries, schedules, logs or keeps a
 * lease alive. Those belong to the core, which also owns time: every call comes with a signal, and settles within
 * 50 ms after that signal aborts.
 *
 * Three channels, never mixed:
 * - Contention and loss are **values**: a {@link LeaseRefusal}, or `false`.
 * - A store that cannot be asked is an **exception**, a `StoreError`. Its outcome is *unknown* unless the store has
 *   proved that nothing was applied. Asking again with the same grant id is always safe.
 * - What a store can never honour (a ttl out of its limits, a name that it cannot hold) is a `RangeError`, before
 *   any I/O.
 *
 * Every grant, renewal and release is one compare-and-set at the store, checked against the grant id. The store's
 * own clock decides expiry, hold-off and what lies too far in the future. The executable form of this page is the
 * contract in `@leased-jobs/testing`.
 */
export interface LeaseProvider {
  /** For logs and errors: `redis`, `file`. */
  readonly name: string;
  readonly limits: LeaseLimits;
  /** For an estimate that people read, never for a decision. Default: one request for each call. */
  readonly requests?: RequestCounts;

  /**
   * Makes one attempt to be granted a lock. Repeated with the same grant id while that grant is live, it restarts
   * the ttl and returns the same fencing token, so an attempt whose answer was lost can be made again.
   */
  acquire(request: AcquireRequest, signal: AbortSignal): Promise<LeaseGrant | LeaseRefusal>;

  /** Restarts the ttl of a live grant. `false` is definite: the lease is no longer ours. */
  renew(grant: LeaseGrant, ttl: number, signal: AbortSignal): Promise<boolean>;

  /**
   * Renews many grants in one call, in their order. Offered where the store can do it for less than one by one. An error as an
   * answer tells that this one could not be renewed, which need not be so for the others; a rejection is that of all.
   */
  renewMany?(
    grants: readonly LeaseGrant[],
    ttl: number,
    signal: AbortSignal,
  ): Promise<readonly (boolean | Error)[]>;

  /**
   * Gives a lease back and writes the note, in one step. Harmless if the lease is no longer ours: then nothing is
   * written either. The proof of an attempt whose outcome is unknown is a legal argument.
   */
  release(grant: GrantProof, note: ReleaseNote, signal: AbortSignal): Promise<void>;

  /**
   * Pauses or resumes a job for the whole cluster: while it is paused, `acquire` refuses it. A run that goes on is
   * not disturbed. A store where only the holder may write may refuse with `held`.
   */
  setPaused(lock: string, job: string, paused: boolean, signal: AbortSignal): Promise<LeaseRefusal | null>;

  /** What the store knows of a lock; `null` if nobody has ever been granted it. */
  read(lock: string, signal: AbortSignal): Promise<LockRecord | null>;

  /** Every lock whose name begins with `prefix`, in no particular order. */
  list(prefix: string, signal: AbortSignal): AsyncIterable<LockRecord>;

  /**
   * Tells of the releases of a lock until the watch is closed. Offered where the store can tell; the core asks again at
   * the times that refusals name in any case, so a release that is never told, or a watch that breaks, costs time and
   * nothing else. Whatever was missed, as before the watch had begun, is told as a release of which nothing is known; and so
   * is what `setPaused` has written, so that services heed it at once.
   *
   * Never throws, and never keeps the process alive. `close()` of the provider closes all watches.
   */
  watch?(lock: string, onRelease: (release: Release) => void): Watch;

  /** Ends what this provider has opened, and nothing else: a client that a user passed in stays open. */
  close(): Promise<void>;
}

/** The lock may have become free. */
export interface Release {
  /** The slot that counts as run since, if the release has marked one. */
  readonly done?: { readonly job: string; readonly slot: number };
}

/** Closing it twice is harmless. */
export interface Watch {
  close(): void;
}

export interface LeaseLimits {
  /** The shortest and the longest ttl that the store can grant, in milliseconds. */
  readonly minTtl: number;
  readonly maxTtl: number;
  /** What a ttl has to be a multiple of, in milliseconds. Default: 1. */
  readonly ttlStep?: number;
  /** How late the store may find a lease expired, in milliseconds. Part of the safety margin. */
  readonly granularity: number;
  /** Who excludes whom through this store: the users of one process, of one host, or everybody. */
  readonly excludes: 'process' | 'host' | 'cluster';
}

/** The requests to the store that calls come to, as a rule: when nothing goes wrong, and no two ask in one moment. */
export interface RequestCounts {
  /** To be granted a slot, and to release it with the report. */
  readonly perRun: number;
  /** To be refused a slot that somebody else has run. */
  readonly perRefusal: number;
  readonly perRenewal: number;
  /** Where requests are charged: how many of one job in a day, at most, nobody needs to be warned of. */
  readonly unremarkablePerDay?: number;
}

export interface AcquireRequest {
  readonly lock: string;
  /** Proof of ownership, chosen by the asker: a random UUID, new for every grant. */
  readonly grantId: string;
  /** The asking instance's id. It is for people, and never decides ownership. */
  readonly holder: string;
  /** In milliseconds. */
  readonly ttl: number;
  /** The job that asks, if a job does. */
  readonly job?: SlotClaim;
}

/** A job's claim of one slot, checked and granted in the same step as the lease. */
export interface SlotClaim {
  readonly name: string;
  /** Epoch milliseconds. Left out by a run outside the schedule, which no slot guards. */
  readonly slot?: number;
  /** When the slot counts as run: with a finished run's release, or already with the grant. */
  readonly mark: 'at-release' | 'at-acquire';
  /** How far, in milliseconds, the slot may lie in the store's future before it is refused as `ahead`. */
  readonly tolerance: number;
}

/** What proves that a grant is ours. */
export interface GrantProof {
  readonly lock: string;
  readonly grantId: string;
}

/**
 * What a provider returns when it gives a lease. The core hands this very object back to `renew` and `release`, so
 * a provider may return more than this and find it again there.
 */
export interface LeaseGrant extends GrantProof {
  /** A safe integer, greater than that of any grant on this lock before it. */
  readonly fencingToken: number;
  /**
   * The last slot of the asking job that counted as run before this grant. If a claim is marked at the grant and the
   * attempt is repeated, it is the claimed slot itself.
   */
  readonly lastSlot: number | null;
}

/** Why a lease was not granted. An everyday event, never an error. */
export type LeaseRefusal = {
  /** In how many milliseconds asking again makes sense. */
  readonly retryAfter: number;
} & (
  | {
      readonly refused: 'held';
      readonly holder: string;
      /** In how many milliseconds the lease expires unless it is renewed. */
      readonly expiresIn: number;
    }
  /** This slot, or a later one, counts as run. */
  | { readonly refused: 'done'; readonly lastSlot: number }
  /** The hold-off after the job's last release is not over. */
  | { readonly refused: 'not-due' }
  | { readonly refused: 'paused' }
  /** The slot lies in the store's future: the asker's clock or the store's is wrong. */
  | { readonly refused: 'ahead'; readonly by: number }
);

export type RefusalReason = LeaseRefusal['refused'];

export function isRefusal(answer: LeaseGrant | LeaseRefusal): answer is LeaseRefusal {
  return 'refused' in answer;
}

/** Written by the step that releases a lease. Empty for a lease that no job holds. */
export interface ReleaseNote {
  readonly job?: JobNote;
}

export interface JobNote {
  readonly name: string;
  /** The slot that now counts as run. Left out when it does not: somebody else may then take it. */
  readonly slot?: number;
  /** For how many milliseconds nobody shall be granted the lock for this job. */
  readonly holdOff?: number;
  readonly report?: RunReport;
}
