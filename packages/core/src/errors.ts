import { types } from 'node:util';
import type { LeaseRefusal } from './lease/lease-provider.js';

/** What every error of this library is: a literal name, a stable code, and two sentences, of which the second helps. */
export abstract class LeasedJobsError extends Error {
  abstract override readonly name: string;
  abstract readonly code: string;
}

/** The settings cannot work. Raised when the app starts, before anything runs. */
export class ConfigurationError extends LeasedJobsError {
  override readonly name = 'ConfigurationError';
  readonly code = 'LEASED_JOBS_CONFIGURATION';
}

/**
 * - `expired`: it could not be renewed in time.
 * - `taken`: the store says that it is no longer ours.
 * - `unknown`: the store has not answered since the last renewal.
 * - `closed`: the app has shut down under it.
 */
export type LossReason = 'expired' | 'taken' | 'unknown' | 'closed';

/** The lease can no longer be promised. It is the reason of a lease's signal, and what `throwIfLost` throws. */
export class LeaseLostError extends LeasedJobsError {
  override readonly name = 'LeaseLostError';
  readonly code = 'LEASE_LOST';

  constructor(
    readonly lock: string,
    readonly reason: LossReason,
    options?: ErrorOptions,
  ) {
    super(`Lost the lease on "${lock}": ${WHY_LOST[reason]}`, options);
  }
}

const WHY_LOST = {
  expired:
    'it was not renewed in time. Look for a blocked event loop or a suspended machine, or raise `ttl` if the store is slow.',
  taken:
    'the store says that it is no longer ours. Somebody broke the lease, the store lost its state, or this process was suspended beyond its ttl.',
  unknown: 'the store has not answered since the last renewal. Look at the store and the network.',
  closed: 'the app has shut down, and nobody renews it any more. Release a lease before you close the app.',
} as const;

/** The lease was given back, and something still asks for it. */
export class LeaseReleasedError extends LeasedJobsError {
  override readonly name = 'LeaseReleasedError';
  readonly code = 'LEASE_RELEASED';

  constructor(readonly lock: string) {
    super(`The lease on "${lock}" has been released. Ask for a new one before you touch what it guards.`);
  }
}

/**
 * A storage that checks fencing tokens has seen a greater one: this lease was lost, whether or not its holder knows. What
 * was to be written was not.
 */
export class StaleFencingTokenError extends LeasedJobsError {
  override readonly name = 'StaleFencingTokenError';
  readonly code = 'LEASE_STALE_TOKEN';

  constructor(
    /** What was to be written: the name of a key or a blob. */
    readonly fence: string,
    readonly fencingToken: number,
    /** The greatest token that has been seen there. */
    readonly newest: number,
  ) {
    super(
      `The fencing token ${fencingToken} is stale: ${JSON.stringify(fence)} has seen ${newest}. ` +
        'Somebody else was granted the lock meanwhile: end this run without writing anything else.',
    );
  }
}

/** The app has been closed, and something asks for a lease. */
export class LeasesClosedError extends LeasedJobsError {
  override readonly name = 'LeasesClosedError';
  readonly code = 'LEASES_CLOSED';

  constructor() {
    super('No lease can be had any more: the app has been closed. Ask before you close it.');
  }
}

/** Somebody holds the lock, and whoever asked for it wanted that to be an error. Nothing else throws it. */
export class LockHeldError extends LeasedJobsError {
  override readonly name = 'LockHeldError';
  readonly code = 'LEASE_HELD';

  constructor(
    readonly lock: string,
    /** Why the lease was not granted. */
    readonly refusal: LeaseRefusal,
    /** How long it was waited for, in milliseconds. */
    waited = 0,
  ) {
    super(
      `The lock "${lock}" is held${refusal.refused === 'held' ? ` by ${refusal.holder}` : ''}` +
        `${waited > 0 ? `, still after ${waited} ms` : ''}. Try again later, or wait longer for it.`,
    );
  }
}

/**
 * - `transient`: asking again may help.
 * - `denied`: the store refuses these credentials or rights. Asking again soon does not help.
 * - `invalid`: the store holds something that is not ours, or cannot do what was asked.
 */
export type StoreErrorKind = 'transient' | 'denied' | 'invalid';

/** The store could not be asked. Unless `applied` is `no`, what was asked may have happened all the same. */
export class StoreError extends LeasedJobsError {
  override readonly name = 'StoreError';
  readonly code = 'LEASE_STORE';
  readonly kind: StoreErrorKind;
  readonly applied: 'no' | 'unknown';

  constructor(
    message: string,
    options: ErrorOptions & { readonly kind: StoreErrorKind; readonly applied?: 'no' | 'unknown' },
  ) {
    super(message, options);
    this.kind = options.kind;
    this.applied = options.applied ?? 'unknown';
  }
}

/** Whatever was thrown, as an error with a message. Never throws, whatever it is given. */
export function asError(thrown: unknown): Error {
  try {
    // An error of another realm (a vm context, a test runner) is no instance of this one's Error.
    const isError = thrown instanceof Error || types.isNativeError(thrown);
    if (isError && typeof thrown.message === 'string') return thrown;
  } catch {
    // A proxy or a getter that throws: nothing can be learnt of it.
  }
  return new Error(
    typeof thrown === 'string' ? thrown : `Something that is no Error was thrown: ${show(thrown)}`,
  );
}

/** A value as a person would write it, for messages: `NaN`, `""`, `undefined`. Never throws. */
export function show(value: unknown): string {
  try {
    if (typeof value === 'symbol') return value.toString();
    if (typeof value === 'function') return 'a function';
    if (typeof value === 'string' || (typeof value === 'object' && value !== null)) {
      return JSON.stringify(value) ?? 'an object';
    }
    return `${value as number}`;
  } catch {
    return 'an object that cannot be shown';
  }
}
