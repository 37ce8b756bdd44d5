import type { SimulatedJob } from './simulated-job.js';

/** One simulated world, wholly: with it, everything that happens is decided. Times are milliseconds from its beginning. */
export interface Scenario {
  readonly seed: number;
  /** Until here things go wrong; then the cluster gets time to mend, is watched, and is stopped. */
  readonly stormEnds: number;
  readonly instances: readonly {
    readonly rate: number;
    readonly wallAhead: number;
    readonly lateness: number;
  }[];
  readonly store: StoreKind;
  readonly jobs: readonly SimulatedJob[];
  readonly users: readonly SimulatedUser[];
  readonly faults: readonly Fault[];
}

/** What the store offers. */
export interface StoreKind {
  /** It tells of releases. */
  readonly tells: boolean;
  /** It renews many leases in one call. */
  readonly renewsMany: boolean;
  /** How late it may find a lease expired, so that each is trusted a little shorter. */
  readonly granularity: number;
}

/** What a handler does: steps, `every` so often, for so long. */
export interface Work {
  readonly lasts: number;
  readonly every: number;
  readonly heedsSignal: boolean;
  /** The share of runs that throw in the end. */
  readonly throws: number;
}

/** Asks for plain leases again and again, on every instance. */
export interface SimulatedUser {
  readonly lock: string;
  readonly by: 'acquire' | 'tryAcquire' | 'withLease';
  readonly pause: number;
  readonly ttl: number;
  readonly work: Work;
}

export type NetworkFault = Fault & { readonly kind: 'network' };

export type Fault = { readonly at: number; readonly lasts: number } & (
  | {
      readonly kind: 'network';
      readonly instance: number;
      readonly of: NetworkTrouble;
      readonly share: number;
    }
  | { readonly kind: 'pause' | 'crash' | 'drain'; readonly instance: number }
  | { readonly kind: 'wall-step'; readonly instance: number; readonly by: number }
  | { readonly kind: 'store-down' | 'state-loss' }
  /** By an operator, for the whole cluster: `by` an instance, or at the store itself. */
  | {
      readonly kind: 'job-paused';
      readonly job: string;
      readonly lock: string;
      readonly by: number | 'store';
    }
);

export type NetworkTrouble =
  'requestsLost' | 'answersLost' | 'duplicated' | 'refused' | 'slow' | 'answersSlow' | 'cut';
