/** What the nemesis does to a cluster and its store. All times are milliseconds, `at` counts from the beginning. */
export interface Disturbance {
  readonly kind: DisturbanceKind;
  readonly at: number;
  /** How long it lasts: a killed instance is missing, a store is away. 0 for what happens in one moment. */
  readonly duration: number;
  /** Whom it strikes, for what strikes an instance: whoever holds the lease at that moment, or anybody. */
  readonly victim?: 'holder' | 'anybody';
  /** By how much a wall clock is stepped. */
  readonly step?: number;
}

/**
 * - `kill`: SIGKILL to an instance, and another one in its place at the end.
 * - `freeze`: SIGSTOP, and SIGCONT at the end.
 * - `deploy`: a new instance, then SIGTERM to an old one.
 * - `block`: the event loop of an instance stands still.
 * - `clock`: the wall clock of an instance is stepped, and stepped back at the end.
 * - `hog`: processes that do nothing but compute, as many as there are cores.
 * - `store-down`: the store is ended and comes back with its data at the end.
 * - `store-frozen`: SIGSTOP to the store, and SIGCONT at the end.
 * - `store-emptied`: the store is ended by SIGKILL, and restarted without its data.
 * - `flush`: every key is deleted.
 * - `forget-lock`: what the store keeps of the lock is deleted: the key of the lease, or the blob.
 * - `break`: the lease is broken from outside.
 */
export type DisturbanceKind = InstanceDisturbance | 'hog' | StoreDisturbance;
export type InstanceDisturbance = 'kill' | 'freeze' | 'deploy' | 'block' | 'clock';
export type StoreDisturbance =
  'store-down' | 'store-frozen' | 'store-emptied' | 'flush' | 'forget-lock' | 'break';

export function formatDisturbance({ kind, at, duration, victim, step }: Disturbance): string {
  const details = [
    ...(victim ? [victim] : []),
    ...(step === undefined ? [] : [`by ${step} ms`]),
    ...(duration > 0 ? [`for ${duration} ms`] : []),
  ];
  return `at ${String(at).padStart(6)} ms: ${[kind, ...details].join(' ')}`;
}
