import {
  type AcquireRequest,
  acquireLock,
  type Clock,
  type GrantProof,
  type LeaseGrant,
  type LeaseRefusal,
  lockRecord,
  type LockRecord,
  pauseJob,
  releaseLock,
  type ReleaseNote,
  StoreError,
  type StoreTime,
} from '@leased-jobs/core';
import type { BlobView, LockBlob } from './lock-blob.js';
import type { LockDocument } from './lock-document.js';
import {
  absent,
  documentOf,
  GRANULARITY,
  heldRefusal,
  isUntouched,
  occupantOf,
  stateOf,
} from './lock-view.js';
import { RecentLocks } from './recent-locks.js';
import type { StoreClock } from './store-clock.js';

/**
 * The protocol of a lock on a blob: the blob's lease excludes, and its body is the record. Both are tied together by the
 * ETag, which each write changes and no lease operation does: what is done *if the ETag is still that one* is done to
 * the state that was decided about.
 *
 * **To be granted a lock** takes up to three requests, and the last of them is the grant.
 * 1. *Read* (GET): tells the record and whether the blob is leased. This is all that a loser asks. Whoever has released
 *    the lock last knows the record already, and leaves this out.
 * 2. *Lease* the blob under the grant id, if its ETag is unchanged. 409: somebody was faster. 412: somebody was faster
 *    and is through; read again.
 * 3. *Write* holder, grant id and fencing token into the body, under the lease and if its ETag is unchanged. Nobody has
 *    been granted the lock before that is done, so every token that anybody has ever seen is in the record, whenever its
 *    holder dies. A crash between 2 and 3 leaves a lease without a holder, which expires.
 *
 * **To renew** is one request, on the lease alone, under the ETag of the grant: it cannot revive a lease after which
 * somebody else has been granted the lock.
 *
 * **To release** is one write under the lease, of a body that has the note and no holder any more. That write is the
 * release: there is no moment between the note and the release at which anybody could crash. The blob's lease that it
 * leaves behind means nothing from then on. Its id is in the body, so whoever wants the lock before it has expired ends
 * it (one more request); after its ttl there is nothing to end.
 *
 * So a run costs 4 requests: read, lease, write, write. It costs one more within a ttl after another run of the lock,
 * and one less if the same instance had that other run too.
 *
 * **Answers that were lost** do no harm: a lease is taken again under the same id; a write that was applied makes its
 * repetition fail by the ETag, and then the record tells that it is ours; a late duplicate fails in the same way.
 */
export class BlobLocks {
  readonly #blob: (lock: string) => LockBlob;
  readonly #store: StoreClock;
  readonly #clock: Clock;
  /** What this instance wrote last, where it left the lock free. */
  readonly #own = new RecentLocks<{ readonly etag: string; readonly document: LockDocument }>();
  /** The last grant id under which this instance tried to lease the blob. */
  readonly #attempts = new RecentLocks<string>();
  readonly #held = new WeakMap<GrantProof, HeldBlob>();

  constructor(blob: (lock: string) => LockBlob, store: StoreClock, clock: Clock) {
    this.#blob = blob;
    this.#store = store;
    this.#clock = clock;
  }

  async acquire(request: AcquireRequest, signal: AbortSignal): Promise<LeaseGrant | LeaseRefusal> {
    let mayHoldLease = false;
    try {
      return await this.#acquire(request, signal, () => (mayHoldLease = true));
    } catch (thrown) {
      // The failed request may have proved that it did nothing. What came before it did something.
      if (mayHoldLease && thrown instanceof StoreError && thrown.applied === 'no')
        throw new StoreError(thrown.message, { kind: thrown.kind });
      throw thrown;
    }
  }

  async #acquire(
    request: AcquireRequest,
    signal: AbortSignal,
    onLeased: () => void,
  ): Promise<LeaseGrant | LeaseRefusal> {
    const { lock, grantId, ttl } = request;
    const blob = this.#blob(lock);
    let remembered = this.#remembered(lock);
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const isRemembered = remembered !== undefined;
      const view = remembered ?? (await blob.read(signal)) ?? absent(lock);
      remembered = undefined;
      const decision = this.#decide(request, view);
      if ('refused' in decision) {
        // A slot that was done stays done. All else may have changed since.
        if (!isRemembered || decision.refused === 'done') return decision;
        this.#own.delete(lock);
        continue;
      }
      // Whatever comes of it, it will be known better afterwards.
      this.#own.delete(lock);
      const etag = view.etag ?? (await blob.create(view.document, signal));
      if (etag === null) continue;
      const { released } = view.document;
      if (released && occupantOf(view, this.#store.now()) === 'leftover') {
        const ended = await blob.endLease(released.grantId, signal);
        if (ended === 'lost' && isRemembered) continue;
      }
      this.#attempts.set(lock, grantId);
      const leased = await blob.lease(grantId, { etag, ttl }, signal);
      const leasedAt = this.#clock.monotonic();
      if (leased === 'moved') continue;
      if (leased === 'held') return heldRefusal(view, this.#store.now(), ttl);
      onLeased();
      const written = decision.document
        ? await blob.write(decision.document, { etag, grantId }, signal)
        : etag;
      if (written === null) continue;
      const document = decision.document ?? view.document;
      this.#held.set(decision.grant, { etag: written, document, ttl, leasedAt });
      return decision.grant;
    }
    throw outpaced(lock);
  }

  async renew(grant: GrantProof, ttl: number, signal: AbortSignal): Promise<boolean> {
    const { lock, grantId } = grant;
    const blob = this.#blob(lock);
    let held = this.#held.get(grant);
    for (let round = 0; round < MAX_ROUNDS; round++) {
      if (!held) {
        const view = await blob.read(signal);
        if (!view?.locked || view.document.lease?.grantId !== grantId) return false;
        held = { ...view, ttl: view.document.lease.ttl, leasedAt: this.#clock.monotonic() };
      }
      // Its time is over by any clock. A store that would still renew it must not be tempted.
      if (this.#clock.monotonic() - held.leasedAt >= held.ttl + GRANULARITY) return false;
      const renewed = await blob.renew(grantId, held.etag, signal);
      if (renewed === 'lost') return false;
      if (renewed === 'renewed') {
        // A renewal begins the old ttl anew; only leasing once more begins another.
        if (ttl !== held.ttl) {
          const leased = await blob.lease(grantId, { etag: held.etag, ttl }, signal);
          if (leased !== 'leased') return false;
        }
        this.#held.set(grant, { ...held, ttl, leasedAt: this.#clock.monotonic() });
        return true;
      }
      held = undefined;
    }
    throw outpaced(lock);
  }

  async release(proof: GrantProof, note: ReleaseNote, signal: AbortSignal): Promise<void> {
    const { lock, grantId } = proof;
    const blob = this.#blob(lock);
    let held: BlobView | undefined = viewOf(this.#held.get(proof));
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const view: BlobView | null = held ?? (await blob.read(signal));
      held = undefined;
      if (!view?.locked || view.etag === null || view.document.released?.grantId === grantId) return;
      if (view.document.lease?.grantId !== grantId) {
        // An attempt that got no further than to lease the blob. If the lease is not its own, nothing happens.
        await blob.endLease(grantId, signal);
        return;
      }
      const now = this.#now();
      const next = releaseLock(stateOf(view, now.duration), proof, note, now);
      if (!next) return;
      const ttl = this.#held.get(proof)?.ttl ?? view.document.lease.ttl;
      const released = { grantId, until: now.duration + ttl };
      const document = documentOf(view.document, next, { ttl, released });
      const etag = await blob.write(document, { etag: view.etag, grantId }, signal);
      if (etag !== null) {
        this.#held.delete(proof);
        this.#own.set(lock, { etag, document });
        return;
      }
    }
    throw outpaced(lock);
  }

  async setPaused(
    lock: string,
    job: string,
    paused: boolean,
    signal: AbortSignal,
  ): Promise<LeaseRefusal | null> {
    const blob = this.#blob(lock);
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const view = (await blob.read(signal)) ?? absent(lock);
      const now = this.#store.now();
      const occupant = occupantOf(view, now);
      if (occupant === 'holder' || occupant === 'somebody') return heldRefusal(view, now, DEFAULT_TTL);
      const { released } = view.document;
      if (released && occupant === 'leftover') await blob.endLease(released.grantId, signal);
      const state = pauseJob(stateOf({ ...view, locked: false }, now), job, paused);
      const document = documentOf(view.document, state, { ttl: 0 });
      const etag =
        view.etag === null
          ? await blob.create(document, signal)
          : await blob.write(document, { etag: view.etag }, signal);
      if (etag !== null) {
        this.#own.set(lock, { etag, document });
        return null;
      }
    }
    throw outpaced(lock);
  }

  async read(lock: string, signal: AbortSignal): Promise<LockRecord | null> {
    const view = await this.#blob(lock).read(signal);
    if (!view || isUntouched(view)) return null;
    const now = this.#now();
    return lockRecord(lock, stateOf(view, now.duration), now);
  }

  #decide(
    request: AcquireRequest,
    view: BlobView,
  ): LeaseRefusal | { readonly grant: LeaseGrant; readonly document: LockDocument | null } {
    const now = this.#now();
    const at = now.duration;
    const state = stateOf(view, at);
    const isLive = state.lease?.grantId === request.grantId;
    // Whoever has the lease may be this very attempt, whose answer was lost: then leasing again is granted.
    const mayBeOurs = view.locked && this.#attempts.get(request.lock) === request.grantId;
    const asked = mayBeOurs && !isLive ? { ...state, lease: null } : state;
    // The clock keeps the tokens growing even where somebody has deleted the blob.
    const nextToken = Math.max(state.fencingToken + 1, Math.floor(at * 1_000));
    const answer = acquireLock(asked, request, now, nextToken);
    if ('refused' in answer) return answer.refused === 'held' ? heldRefusal(view, at, request.ttl) : answer;
    if (occupantOf(view, at) === 'somebody' && !mayBeOurs) return heldRefusal(view, at, request.ttl);
    const { grant, state: next } = answer;
    return { grant, document: isLive ? null : documentOf(view.document, next, { ttl: request.ttl }) };
  }

  #remembered(lock: string): BlobView | undefined {
    const own = this.#own.get(lock);
    if (!own) return undefined;
    const { released } = own.document;
    return { ...own, locked: released !== null && this.#store.now() < released.until + GRANULARITY };
  }

  #now(): StoreTime {
    const now = this.#store.now();
    return { duration: now, wall: now };
  }
}

/** What the holder knows of the blob it has leased. */
interface HeldBlob {
  readonly etag: string;
  readonly document: LockDocument;
  /** Milliseconds. */
  readonly ttl: number;
  /** On the local monotonic clock: when the answer to the last lease or renewal had come. */
  readonly leasedAt: number;
}

function viewOf(held: HeldBlob | undefined): BlobView | undefined {
  return held && { etag: held.etag, document: held.document, locked: true };
}

function outpaced(lock: string): StoreError {
  return new StoreError(
    `The blob of the lock "${lock}" was changed ${MAX_ROUNDS} times while it was being asked for. Ask again later.`,
    { kind: 'transient' },
  );
}

/** Each round means that somebody else was faster. */
const MAX_ROUNDS = 20;
const DEFAULT_TTL = 30_000;
