import type { Clock, LeaseProvider } from '@leased-jobs/core';

/**
 * What the contract needs of a backend: its real store, instances on it, time, and trouble.
 *
 * One harness serves a whole run of the contract; every case gets a lock of its own and closes the instances that it
 * connected. Nothing here is optional, so that no case is ever skipped.
 */
export interface ContractHarness {
  /**
   * The ttl, in milliseconds, of the leases that a case lets expire: the shortest with which a few answers on a busy
   * machine take less than a third of it. Memory takes any, a file or Redis some 500, Azure cannot go below 15,000.
   */
  readonly ttl: number;

  /** The clock that `elapse` lets pass. Its wall time is the store's, within a few seconds. */
  readonly clock: Pick<Clock, 'wall' | 'monotonic'>;

  /** Another instance on the same store. The case closes it. */
  connect(): Promise<LeaseProvider>;

  /** An instance on a client (a pool, a directory, a store) that its user made and owns. The case closes it. */
  adopt(): Promise<AdoptedClient>;

  /** Lets the store's time pass: a manual clock is advanced, a real one waited for. */
  elapse(ms: number): Promise<void>;

  /**
   * Makes the store silent: from now on no request of any instance is answered, and none is refused. Returns how to
   * thaw it; what was sent meanwhile may then be carried out or be lost. A stopped process will do (SIGSTOP), a proxy
   * that forwards nothing, or a file system whose calls hang.
   */
  freeze(): Promise<() => Promise<void>>;

  /**
   * Lets one request go wrong: the `nth` from now on that any instance sends, counted from 1. A request is one step
   * that the store takes as a whole: a command, an HTTP request, a call to the file system.
   */
  disturb(fault: Fault, nth: number): Promise<Disturbance>;

  /** Ends the store and starts it again, with its durable state. Where nothing can restart, there is nothing to do. */
  restart(): Promise<void>;
}

/**
 * - `refused`: the store does not carry it out, and the instance learns at once that something is wrong: a closed
 *   port, a 503, an `EIO`.
 * - `answer-lost`: the store carries it out, and the instance does not get the answer: the connection breaks, or
 *   nothing ever comes.
 */
export type Fault = 'refused' | 'answer-lost';

export interface Disturbance {
  /** Whether that many requests were sent before it ended. */
  readonly struck: boolean;
  /** Ends the trouble, whether or not it struck. */
  end(): Promise<void>;
}

export interface AdoptedClient {
  readonly provider: LeaseProvider;
  /** Whether the user's client still does its work. Asked after the provider was closed. */
  works(): Promise<boolean>;
}
