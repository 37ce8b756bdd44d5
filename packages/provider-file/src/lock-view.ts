import { type JobState, type LockState, NEW_LOCK } from '@leased-jobs/core';
import type { Head } from './generations.js';
import type { HostClock } from './host-clock.js';
import type { LockDocument } from './lock-document.js';
import type { Observations } from './observations.js';
import type { ProcessIdentity } from './process-prober.js';

/** What the head of a lock means to this process: all times are readings of its own clock. */
export interface LockView {
  readonly state: LockState;
  /** Of the last grant or renewal; 0 if it is not known. */
  readonly ttl: number;
  /** The process that holds the lease. */
  readonly process: ProcessIdentity | null;
  /** The newest generation cannot be read, so nobody can say whose the lease is. */
  readonly doubtful: boolean;
}

/**
 * What was written by our own clock is taken as it is. After a reboot, or from another host on a shared folder, every
 * moment is read as a duration from its writing, and that duration is waited for from our first sight of it.
 *
 * A broken head may hide a lease of any process. It counts as held for the last ttl that is known. Its jobs are as the
 * newest intact generation has them; the tokens go on from its number.
 */
export function viewLock(lock: string, head: Head, clock: HostClock, observations: Observations): LockView {
  const now = clock.uptime();
  const { document } = head;
  const known = document ? isOfClock(document, clock) : true;
  if (known && !head.broken) {
    observations.forget(lock);
    return {
      state: document?.state ?? NEW_LOCK,
      ttl: document?.ttl ?? 0,
      process: document?.process ?? null,
      doubtful: false,
    };
  }
  const sight = `${head.generation} ${document?.clock.id} ${document?.clock.now}`;
  const seenAt = observations.firstSeen(lock, sight, now);
  const state =
    !document || known
      ? (document?.state ?? NEW_LOCK)
      : translated(document.state, document.clock.now, seenAt);
  const ttl = document?.ttl ?? 0;
  if (!head.broken) return { state, ttl, process: document?.process ?? null, doubtful: false };
  const lease = {
    grantId: '',
    holder: 'unknown (its record is damaged)',
    fencingToken: head.generation,
    expiresAt: seenAt + (ttl || UNKNOWN_TTL) * SLOWEST_CLOCK,
  };
  return { state: { ...state, fencingToken: head.generation, lease }, ttl, process: null, doubtful: true };
}

/** One id must mean one clock. A reading from our future proves the contrary. */
function isOfClock({ clock: { id, now } }: LockDocument, clock: HostClock): boolean {
  return id === clock.id && now <= clock.uptime() + clock.step;
}

function translated(state: LockState, writtenAt: number, seenAt: number): LockState {
  const here = (there: number): number => seenAt + Math.max(0, there - writtenAt) * SLOWEST_CLOCK;
  const jobs = Object.entries(state.jobs).map(([name, job]): [string, JobState] => [
    name,
    { ...job, heldOffUntil: here(job.heldOffUntil) },
  ]);
  const lease = state.lease && { ...state.lease, expiresAt: here(state.lease.expiresAt) };
  return { ...state, lease, jobs: Object.fromEntries(jobs) };
}

/** Ours may run faster than the writer's by this much. */
const SLOWEST_CLOCK = 1.01;
/** For a lock of which not one generation can be read, in milliseconds. */
const UNKNOWN_TTL = 60_000;
