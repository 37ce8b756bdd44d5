import {
  type AcquireRequest,
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
import { type AcquireDecision, type Attempt, decideAcquire } from './acquire-decision.js';
import type { DocumentedLease, LockDocument } from './lock-document.js';
import { absent, GRANULARITY, heldRefusal, isUntouched, occupantOf, stateOf } from './lock-view.js';
import { RecentLocks } from './recent-locks.js';
import type { StoreClock } from './store-clock.js';

/**
 * The protocol of a lock on a blob: the blob's lease keeps time, its body is the record, and its ETag ties the two
 * together. Each write changes the ETag, and no lease operation does. Every request but a read is made on the condition
 * that the ETag is still that of the state that was decided about, so of all who decide about one state, one can write.
 *
 * **To be granted a lock** takes three requests, and the last of them is the grant.
 * 1. *Read* (GET): tells the record, and whether the blob is leased. This is all that a loser asks. Who has had the lock
 *    five times in a row guesses that nobody else has had it since, and leaves this out.
 * 2. *Lease* the blob, under the grant id. 409: somebody was faster. 412: somebody was faster and is through; read again.
 * 3. *Write* holder, grant id and fencing token into the body, under the lease. Nobody has been granted the lock before
 *    that is done, so every token that anybody was ever given is in the record, whenever its holder dies. A crash between
 *    2 and 3 leaves a lease without a holder, which expires.
 *
 * A lock whose record names a holder is free once that holder's lease has ended, and then a lease under another id proves
 * it: the old holder can neither renew nor write from then on.
 *
 * **To renew** is one request, on the lease alone. Under the ETag of the grant it cannot revive a lease after which
 * somebody else has been granted the lock.
 *
 * **To release** is one write under the lease, of a body that has the note and no holder any more. That write is the
 * release: there is no moment between the note and the release at which anybody could crash. The lease that it leaves on
 * the blob means nothing from then on. Its id is in the body, and whoever is granted the lock before it has expired takes
 * it over by beginning it anew, instead of a lease under the own grant id. Two may do so at once; one can write. This is
 * only done with the ttl that the lease had before, lest one of the two shorten what the other relies on.
 *
 * So a run costs four requests: read, lease, write, write; or three, if the guess is right. A wrong guess costs one
 * request. Who asks in the very moment in which another is granted the lock needs two to four, instead of one.
 *
 * **Answers that were lost** do no harm: a lease is taken again under the same id; a write that was applied makes its
 * repetition fail by the ETag, and then the record tells that it is ours; a late duplicate fails in the same way.
 */
export class BlobLocks {
  readonly #blob: (lock: string) => LockBlobRequests;
  readonly #store: StoreClock;
  readonly #clock: Clock;
  /** What this instance wrote last, where it left the lock free. */
  readonly #own = new RecentLocks<OwnWrite>();
  /** The last attempt of this instance to lease the blob. */
  readonly #attempts = new RecentLocks<Attempt>();
  readonly #held = new WeakMap<GrantProof, HeldBlob>();

  constructor(blob: (lock: string) => LockBlobRequests, store: StoreClock, clock: Clock) {
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
    const own = this.#own.get(lock);
    let known = own && viewOfOwn(own, this.#store.now());
    if (known) {
      const decision = this.#decide(request, known);
      // A slot that was done stays done. All else may have changed since.
      if ('refused' in decision && decision.refused === 'done') return decision;
      if ('refused' in decision || (own?.streak ?? 0) < GUESS_AFTER) known = undefined;
    }
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const view = known ?? (await blob.read(signal)) ?? absent(lock);
      known = undefined;
      const streak = own !== undefined && own.etag === view.etag ? own.streak : 0;
      if (streak === 0) this.#own.delete(lock);
      const decision = this.#decide(request, view);
      if ('refused' in decision) return decision;

      // Whatever comes of it, it will be known better afterwards.
      this.#own.delete(lock);
      const { grant, lease, document, obstacle } = decision;
      const etag = view.etag ?? (await blob.create(view.document, signal));
      if (etag === null) continue;
      if (obstacle !== null && (await blob.endLease(obstacle, etag, signal)) === 'moved') continue;
      this.#attempts.set(lock, { grantId, leaseId: lease.leaseId, etag });
      const leased = await blob.lease(lease.leaseId, { etag, ttl }, signal);
      const leasedAt = this.#clock.monotonic();
      if (leased === 'moved') continue;
      if (leased === 'held') return heldRefusal(view, this.#store.now(), ttl);
      onLeased();
      const written = document ? await blob.write(document, { etag, leaseId: lease.leaseId }, signal) : etag;
      if (written === null) continue;
      const next = document ?? view.document;
      this.#held.set(grant, { etag: written, document: next, lease, ttl, leasedAt, streak: streak + 1 });
      return grant;
    }
    throw outpaced(lock);
  }

  async renew(grant: GrantProof, ttl: number, signal: AbortSignal): Promise<boolean> {
    const { lock } = grant;
    const blob = this.#blob(lock);
    let held = this.#held.get(grant);
    for (let round = 0; round < MAX_ROUNDS; round++) {
      // Once its time is over by what is known here, a store that would renew an expired lease must not be tempted. But a
      // provider of another thread may have renewed it since.
      if (held && this.#clock.monotonic() - held.leasedAt >= held.ttl + GRANULARITY) held = undefined;
      held ??= this.#heldIn(await blob.read(signal), grant);
      if (!held) return false;
      const { etag, lease } = held;
      const renewed = await blob.renew(lease.leaseId, etag, signal);
      if (renewed === 'lost') return false;
      if (renewed === 'renewed') {
        // A renewal begins the old ttl anew; only leasing once more begins another.
        const isSettled =
          ttl === held.ttl || (await blob.lease(lease.leaseId, { etag, ttl }, signal)) === 'leased';
        if (isSettled) this.#held.set(grant, { ...held, ttl, leasedAt: this.#clock.monotonic() });
        return isSettled;
      }
      held = undefined;
    }
    throw outpaced(lock);
  }

  async release(proof: GrantProof, note: ReleaseNote, signal: AbortSignal): Promise<void> {
    const { lock, grantId } = proof;
    const blob = this.#blob(lock);
    let held = this.#held.get(proof);
    for (let round = 0; round < MAX_ROUNDS; round++) {
      if (!held) {
        const view = await blob.read(signal);
        held = this.#heldIn(view, proof);
        if (!held) {
          const attempt = view && this.#attemptOn(view, proof);
          // It got no further than to lease the blob.
          if (!attempt || (await blob.endLease(attempt.leaseId, attempt.etag, signal)) !== 'moved') return;
          continue;
        }
      }
      const { etag, document, lease, ttl, streak } = held;
      const now = this.#now();
      const next = releaseLock(stateOf({ etag, document, locked: true }, now.duration), proof, note, now);
      if (!next) return;
      const released = { grantId, leaseId: lease.leaseId, ttl, until: now.duration + ttl };
      const free = { ...document, ...next, lease: null, released };
      const written = await blob.write(free, { etag, leaseId: lease.leaseId }, signal);
      if (written !== null) {
        this.#held.delete(proof);
        this.#own.set(lock, { etag: written, document: free, streak });
        return;
      }
      held = undefined;
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
    let refusedAt: string | null = null;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const view = (await blob.read(signal)) ?? absent(lock);
      const now = this.#store.now();
      const occupant = occupantOf(view, now);
      // Whoever may not write though nothing was written takes for a leftover what somebody else has leased since.
      const isMistaken = occupant === 'leftover' && refusedAt === view.etag;
      if (occupant === 'holder' || occupant === 'somebody' || isMistaken)
        return heldRefusal(view, now, DEFAULT_TTL);
      const leftover = occupant === 'leftover' ? view.document.released : null;
      const state = pauseJob(stateOf({ ...view, locked: false }, now), job, paused);
      const document = { ...view.document, ...state, lease: null, released: leftover };
      const etag =
        view.etag === null
          ? await blob.create(document, signal)
          : await blob.write(document, { etag: view.etag, leaseId: leftover?.leaseId ?? null }, signal);
      if (etag !== null) {
        this.#own.set(lock, { etag, document, streak: 0 });
        return null;
      }
      refusedAt = view.etag;
    }
    throw outpaced(lock);
  }

  async read(lock: string, signal: AbortSignal): Promise<LockRecord | null> {
    const view = await this.#blob(lock).read(signal);
    if (!view || isUntouched(view)) return null;
    const now = this.#now();
    return lockRecord(lock, stateOf(view, now.duration), now);
  }

  #decide(request: AcquireRequest, view: BlobView): LeaseRefusal | AcquireDecision {
    return decideAcquire(request, view, this.#attemptOn(view, request), this.#store.now());
  }

  /** The last attempt under this grant id, if its lease may be what stands on the blob. */
  #attemptOn(view: BlobView, { lock, grantId }: GrantProof): Attempt | null {
    const attempt = this.#attempts.get(lock);
    if (!view.locked || view.document.lease?.grantId === grantId) return null;
    return attempt?.grantId === grantId && attempt.etag === view.etag ? attempt : null;
  }

  /** What the holder needs to know, if it is the holder. */
  #heldIn(
    view: (BlobView & { readonly etag: string }) | null,
    { grantId }: GrantProof,
  ): HeldBlob | undefined {
    const lease = view?.document.lease;
    if (!view?.locked || lease?.grantId !== grantId) return undefined;
    const { etag, document } = view;
    return { etag, document, lease, ttl: lease.ttl, leasedAt: this.#clock.monotonic(), streak: 0 };
  }

  #now(): StoreTime {
    const now = this.#store.now();
    return { duration: now, wall: now };
  }
}

export type LockBlobRequests = Pick<LockBlob, 'read' | 'create' | 'write' | 'lease' | 'renew' | 'endLease'>;

interface OwnWrite {
  readonly etag: string;
  readonly document: LockDocument;
  /** How often in a row this instance was granted the lock, with nobody in between. */
  readonly streak: number;
}

/** What the holder knows of the blob it has leased. */
interface HeldBlob extends OwnWrite {
  readonly lease: DocumentedLease;
  /** Milliseconds. */
  readonly ttl: number;
  /** On the local monotonic clock: when the answer to the last lease or renewal had come. */
  readonly leasedAt: number;
}

function viewOfOwn({ etag, document }: OwnWrite, now: number): BlobView {
  const { released } = document;
  return { etag, document, locked: released !== null && now < released.until + GRANULARITY };
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
const GUESS_AFTER = 5;
