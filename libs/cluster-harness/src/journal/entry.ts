import type { RunOutcome } from '@leased-jobs/core';

/** What a history is made of: what the instances wrote about themselves, and what the cluster did to them. */
export type Entry = InstanceEntry | RunEntry | FateEntry;

/** When an entry happened, and in whose life. */
export interface Stamp {
  /** Milliseconds of {@link hostTime}, comparable between the processes of one host. It alone gives the order. */
  readonly at: number;
  /** Epoch milliseconds, for people. */
  readonly wall: number;
  readonly instance: string;
}

/** Written by the instance itself. Between `blocked` and `unblocked` its event loop stands still. */
export type InstanceEntry = Stamp &
  (
    { readonly kind: 'started'; readonly pid: number } | Kind<'stopped'> | Kind<'blocked'> | Kind<'unblocked'>
  );

/**
 * Which run. Its instance and these fields tell it from every other. A grant that is kept for many runs repeats its
 * token; a handler that is tried again within one run repeats all but the attempt.
 */
export interface RunIdentity {
  readonly job: string;
  readonly lock: string;
  /** Epoch milliseconds; null for a run outside the schedule. */
  readonly slot: number | null;
  readonly fencingToken: number;
  /** Counts from 1. */
  readonly attempt: number;
}

/** Written by the instance about one of its runs. */
export type RunEntry = RunStarted | GuardedStep | RunAborted | RunEnded;
export type RunStarted = Stamp & RunIdentity & Kind<'run-started'>;
/** The run asked for its lease and was told that it holds. Stamped *before* it asked. */
export type GuardedStep = Stamp & RunIdentity & Kind<'step'>;
/** The run's signal aborted. */
export type RunAborted = Stamp & RunIdentity & Kind<'aborted'> & { readonly reason: AbortReason };
export type RunEnded = Stamp & RunIdentity & Kind<'run-ended'> & { readonly outcome: RunOutcome };

export type AbortReason = 'lost' | 'shutdown' | 'stopped' | 'maxRuntime';

/**
 * Written by the cluster about an instance. `killed` and `frozen` are stamped before the signal is sent, `thawed`
 * after, and `exited` when the cluster hears of it.
 */
export type FateEntry = Stamp & (Kind<'killed'> | Kind<'frozen'> | Kind<'thawed'> | Exited);

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

type Exited = Kind<'exited'> & Exit;

interface Kind<K extends string> {
  readonly kind: K;
}

/** An entry as its writer knows it; the journal stamps it. */
export type Unstamped<E extends Entry = Entry> = E extends Entry
  ? Omit<E, 'at' | 'wall' | 'instance'>
  : never;
