import type { LeaseEvent } from '../lease/lease-event.js';
import type { RefusalReason } from '../lease/lease-provider.js';
import type { RunReport } from '../lease/lock-record.js';

/** All that happens, to leases and to jobs. */
export type LeasedJobsEvent = LeaseEvent | JobEvent;

/** What happens to jobs. */
export type JobEvent =
  | {
      readonly type: 'run-started';
      readonly job: string;
      readonly slot: Date | null;
      readonly fencingToken: number;
    }
  /** `error` is what the handler threw, with its stack. */
  | { readonly type: 'run-ended'; readonly job: string; readonly report: RunReport; readonly error?: Error }
  /** The handler threw on its `attempt`th call, and is called again in `delay` milliseconds. */
  | {
      readonly type: 'run-retried';
      readonly job: string;
      readonly attempt: number;
      readonly delay: number;
      readonly error: Error;
    }
  /** The run was told to stop `waited` ms ago, and still goes on. It keeps its lease. */
  | {
      readonly type: 'run-unresponsive';
      readonly job: string;
      readonly reason: Error;
      readonly waited: number;
    }
  | { readonly type: 'skipped'; readonly job: string; readonly slot: Date; readonly reason: SkipReason }
  /**
   * `unfinished` names the jobs whose runs outlived the limit, and the locks of leases without a job that did: all are left to
   * their ttl.
   */
  | { readonly type: 'drained'; readonly unfinished: readonly string[]; readonly took: number }
  /** A slot could not be attended: the job's schedule threw, or there is a fault in this library. */
  | { readonly type: 'attendance-failed'; readonly job: string; readonly error: Error }
  /** The thread that renewed the leases has ended by itself. From now on they are renewed by the thread that holds them. */
  | { readonly type: 'renewal-worker-ended'; readonly error: Error }
  /** A listener of this very stream threw. */
  | { readonly type: 'subscriber-failed'; readonly error: Error };

/**
 * Why this instance did not run a slot: what the lease was refused for, or
 * - `still-running`: an earlier run of the job has not ended on this instance,
 * - `never-run`: a job that has never run has missed nothing, and begins with the next slot,
 * - `unreachable`: the store could not be asked before the next slot was due,
 * - `shutdown`: it was granted while this instance was told to stop. Another one takes it, unless `onCrash` is `skip`.
 */
export type SkipReason = RefusalReason | 'still-running' | 'never-run' | 'unreachable' | 'shutdown';
