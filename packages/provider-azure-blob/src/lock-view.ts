import type { LeaseRefusal, LockState } from '@leased-jobs/core';
import type { BlobView } from './lock-blob.js';
import { newDocument } from './lock-document.js';

/**
 * Who has the lease on a lock's blob:
 * - `nobody`: it is not leased.
 * - `holder`: the one who is in the document.
 * - `leftover`: a lease that was given back in the document already. Whoever is next may use it.
 * - `somebody`: an instance that is about to write itself into the document, or has died just then.
 */
export type Occupant = 'nobody' | 'holder' | 'leftover' | 'somebody';

export function occupantOf({ locked, document }: BlobView, now: number): Occupant {
  if (!locked) return 'nobody';
  if (document.lease) return 'holder';
  return document.released && now < document.released.until + GRANULARITY ? 'leftover' : 'somebody';
}

/**
 * The state for the rules of a lock. Whether the lease in the document is live, only the blob tells. What is written of
 * its expiry holds until its first renewal; after that, a whole ttl is the most that may be left.
 */
export function stateOf({ locked, document }: BlobView, now: number): LockState {
  const { fencingToken, lease, jobs } = document;
  if (!locked || !lease) return { fencingToken, lease: null, jobs };
  const expiresAt = lease.expiresAt > now ? lease.expiresAt : now + lease.ttl;
  return { fencingToken, lease: { ...lease, expiresAt }, jobs };
}

export function absent(lock: string): BlobView {
  return { etag: null, document: newDocument(lock), locked: false };
}

/** Whether nobody has ever been granted the lock, nor paused a job of it. */
export function isUntouched({ document: { fencingToken, jobs } }: BlobView): boolean {
  return fencingToken === 0 && Object.keys(jobs).length === 0;
}

/**
 * `held`, as well as it is known. Until the first renewal of the lease its expiry is the time to ask again. Later nobody
 * knows it, and asking every quarter of the ttl lets a dead holder's lock be taken over a quarter late at most.
 */
export function heldRefusal(view: BlobView, now: number, ttl: number): LeaseRefusal & { refused: 'held' } {
  const { lease } = view.document;
  if (occupantOf(view, now) !== 'holder' || !lease) {
    return { refused: 'held', holder: 'another instance', expiresIn: MAX_TTL, retryAfter: ttl / 4 };
  }
  const { holder, expiresAt } = lease;
  if (expiresAt <= now) return { refused: 'held', holder, expiresIn: lease.ttl, retryAfter: lease.ttl / 4 };
  return { refused: 'held', holder, expiresIn: expiresAt - now, retryAfter: expiresAt - now };
}

/** Milliseconds, as Azure has them. */
export const MIN_TTL = 15_000;
export const MAX_TTL = 60_000;
/** How late Azure may find a lease expired, and how far our reading of its clock may be off. */
export const GRANULARITY = 1_000;
