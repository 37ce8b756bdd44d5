import type { LeaseRefusal } from './lease-provider.js';
import type { LockRecord } from './lock-record.js';
import type { Lease } from './lease.js';

export interface LeaseOptions {
  /** Milliseconds. Default: the app's ttl. */
  readonly ttl?: number;
  readonly signal?: AbortSignal;
}

export interface WaitOptions extends LeaseOptions {
  /** How long to wait for a held lock, in milliseconds. */
  readonly wait: number;
}

/** What came of `withLease`: the function's value, or why it was not called. */
export type Outcome<T> =
  { readonly ran: true; readonly value: T } | { readonly ran: false; readonly refusal: LeaseRefusal };

export declare class Leases {
  tryAcquire(lock: string, options?: LeaseOptions): Promise<Lease | null>;
  acquire(lock: string, options: WaitOptions): Promise<Lease | null>;
  withLease<T>(
    lock: string,
    work: (lease: Lease) => T | Promise<T>,
    options?: Partial<WaitOptions>,
  ): Promise<Outcome<T>>;
  read(lock: string, signal?: AbortSignal): Promise<LockRecord | null>;
  list(signal?: AbortSignal): AsyncIterable<LockRecord>;
}
