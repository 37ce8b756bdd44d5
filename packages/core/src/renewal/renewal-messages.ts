import type { LossReason, StoreErrorKind } from '../errors.js';
import type { LeaseGrant } from '../lease/lease-provider.js';
import type { LeaseTiming } from '../lease/lease-timing.js';

/** What a worker is given when it is made. Everything in here, and in the messages, can be cloned. */
export interface RenewalSettings {
  /** See `threadClock`. */
  readonly ahead: number;
  /** See `Heartbeat`. */
  readonly heartbeat: SharedArrayBuffer;
  /** Four bytes, in which the worker writes 1 once it renews. */
  readonly started: SharedArrayBuffer;
  /** Milliseconds. */
  readonly maxBlocked: number;
}

export type ToWorker =
  | {
      readonly type: 'keep';
      readonly id: number;
      readonly lock: string;
      readonly grant: LeaseGrant;
      readonly timing: LeaseTiming;
      /** See `SharedValidity`. */
      readonly validity: SharedArrayBuffer;
      readonly maxHold: number | undefined;
    }
  | { readonly type: 'end'; readonly id: number }
  | { readonly type: 'close' };

export type FromWorker =
  | { readonly type: 'renewed' | 'ended'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly message: string; readonly kind: StoreErrorKind }
  | { readonly type: 'lost'; readonly id: number; readonly reason: LossReason };

/** What we need of a `Worker`, or of a port to one. */
export interface RenewalWorker {
  postMessage(message: ToWorker): void;
  on(event: 'message', listener: (message: FromWorker) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
  /** It keeps no process alive. */
  unref(): void;
  terminate(): Promise<unknown>;
}

export interface RenewalPort {
  postMessage(message: FromWorker): void;
  on(event: 'message', listener: (message: ToWorker) => void): unknown;
  close(): void;
}
