import {
  type AcquireRequest,
  acquireLock,
  type LeaseGrant,
  type LeaseRefusal,
  type LockState,
} from '@leased-jobs/core';
import type { BlobView } from './lock-blob.js';
import type { DocumentedLease, LockDocument } from './lock-document.js';
import { heldRefusal, occupantOf, stateOf } from './lock-view.js';

/** What shall be done to be granted the lock. */
export interface AcquireDecision {
  readonly grant: LeaseGrant;
  readonly lease: DocumentedLease;
  /** To be written; `null` if it is there already. */
  readonly document: LockDocument | null;
  /** A lease on the blob that is to be ended first. */
  readonly obstacle: string | null;
}

/** An attempt to lease a blob whose outcome may be unknown. */
export interface Attempt {
  readonly grantId: string;
  readonly leaseId: string;
  /** Of the blob that it tried to lease. */
  readonly etag: string;
}

/**
 * Decides about a lock by its blob alone.
 *
 * @param attempt is this request's own, if its lease may be what stands on the blob: its answer was lost, and leasing
 * again will then be granted.
 * @param now epoch milliseconds at the store.
 */
export function decideAcquire(
  request: AcquireRequest,
  view: BlobView,
  attempt: Attempt | null,
  now: number,
): LeaseRefusal | AcquireDecision {
  const { document } = view;
  const state = stateOf(view, now);
  const asked = attempt ? { ...state, lease: null } : state;
  const nextToken = Math.max(state.fencingToken + 1, tokenOfClock(state, now));
  const answer = acquireLock(asked, request, { duration: now, wall: now }, nextToken);
  if ('refused' in answer) return answer.refused === 'held' ? heldRefusal(view, now, request.ttl) : answer;
  const { grant } = answer;
  if (asked.lease && document.lease) return { grant, lease: document.lease, document: null, obstacle: null };

  const occupant = occupantOf(view, now);
  if (occupant === 'somebody' && !attempt) return heldRefusal(view, now, request.ttl);
  const leftover = occupant === 'leftover' && !attempt ? document.released : null;
  const reused = leftover?.ttl === request.ttl ? leftover.leaseId : null;
  const lease = {
    grantId: request.grantId,
    leaseId: attempt?.leaseId ?? reused ?? request.grantId,
    holder: request.holder,
    fencingToken: grant.fencingToken,
    expiresAt: now + request.ttl,
    ttl: request.ttl,
  };
  return {
    grant,
    lease,
    document: { ...document, ...answer.state, lease, released: null },
    obstacle: leftover && reused === null ? leftover.leaseId : null,
  };
}

/**
 * Keeps the tokens growing even where a failover has lost the last ones, or somebody has deleted the blob. The first token
 * of a lock may come after one that nobody knows of any more, and that was made by a clock reading of somebody else's.
 */
function tokenOfClock({ fencingToken }: LockState, now: number): number {
  return Math.floor((fencingToken === 0 ? now + MAX_CLOCK_DIFFERENCE : now) * 1_000);
}

/** How far two instances may be apart in their readings of the store's clock, and a good deal more. Milliseconds. */
const MAX_CLOCK_DIFFERENCE = 5_000;
