import type { LossReason } from '../errors.js';
import type { Stopwatch } from '../time/stopwatch.js';
import type { LeaseGrant } from './lease-provider.js';
import type { LeaseTiming } from './lease-timing.js';

/** Renews leases on behalf of their holders, from somewhere that goes on while the holder's event loop is blocked. */
export interface LeaseKeeper {
  /** Takes a lease over from its grant on. `null` if it cannot: then the holder renews it itself. */
  keep(hold: Hold, told: KeepingListener): Keeping | null;
  /** Ends all that it keeps, and what it has opened. Never rejects. */
  close(): Promise<void>;
}

/** A lease to be kept. */
export interface Hold {
  readonly lock: string;
  readonly grant: LeaseGrant;
  readonly timing: LeaseTiming;
  /** Begun before the grant was asked for. */
  readonly sentAt: Stopwatch;
  /** For how many milliseconds it is kept at most. Default: without end. */
  readonly maxHold?: number | undefined;
}

export interface Keeping {
  /** Begun before the last renewal that has succeeded was sent. It is up to date even in a blocked event loop. */
  readonly sentAt: Stopwatch;
  /** Whether the store has said that the lease is gone. As up to date as that. */
  readonly isTaken: boolean;
  /** Resolves when no renewal is under way any more, and after a little while in any case. Never rejects. */
  end(): Promise<void>;
}

/** Told when the event loop comes to it. Nothing is told after the end. */
export interface KeepingListener {
  renewed(): void;
  failed(error: Error): void;
  lost(reason: LossReason): void;
  /** Nobody keeps the lease any more. */
  gone(): void;
}
