import type { LossReason } from '../errors.js';
import type { LeaseRefusal } from './lease-provider.js';

/** What happens to leases. `lock` is the name that the app uses, without its namespace. */
export type LeaseEvent = { readonly lock: string } & (
  | { readonly type: 'acquired'; readonly fencingToken: number }
  | { readonly type: 'refused'; readonly refusal: LeaseRefusal }
  | { readonly type: 'renewed'; readonly fencingToken: number }
  | {
      readonly type: 'lost';
      readonly fencingToken: number;
      readonly reason: LossReason;
      readonly error: Error;
    }
  | { readonly type: 'released'; readonly fencingToken: number }
  /** The store could not be asked, or did not answer in time. What was asked may have happened all the same. */
  | {
      readonly type: 'store-failed';
      readonly operation: 'acquire' | 'renew' | 'release' | 'close';
      readonly error: Error;
    }
  /** A listener on a lease's signal threw. */
  | { readonly type: 'listener-failed'; readonly error: Error }
);
