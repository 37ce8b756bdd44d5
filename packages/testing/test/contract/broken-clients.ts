import {
  type AcquireRequest,
  type GrantProof,
  type LeaseGrant,
  type LeaseProvider,
  type LeaseRefusal,
  type LockRecord,
  type MemoryStore,
  type ReleaseNote,
  type SlotClaim,
  StoreError,
} from '@leased-jobs/core';
import { DelegatingProvider } from './delegating-provider.js';

/** Waits for an answer for ever. */
export class DeafToSignals extends DelegatingProvider {
  override renew(grant: LeaseGrant, ttl: number): Promise<boolean> {
    return super.renew(grant, ttl, new AbortController().signal);
  }
}

/** Takes every failure for a proof that nothing happened. */
export class Optimist extends DelegatingProvider {
  override async acquire(request: AcquireRequest, signal: AbortSignal): Promise<LeaseGrant | LeaseRefusal> {
    try {
      return await super.acquire(request, signal);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      throw new StoreError('Nothing happened.', { kind: 'transient', applied: 'no' });
    }
  }
}

/** Asks again by itself. */
export class Retrying extends DelegatingProvider {
  override async renew(grant: LeaseGrant, ttl: number, signal: AbortSignal): Promise<boolean> {
    try {
      return await super.renew(grant, ttl, signal);
    } catch {
      return super.renew(grant, ttl, signal);
    }
  }
}

/** Asks the store first, and thinks then. */
export class LateValidation extends DelegatingProvider {
  override async acquire(request: AcquireRequest, signal: AbortSignal): Promise<LeaseGrant | LeaseRefusal> {
    await super.read('is anybody there?', signal);
    return super.acquire(request, signal);
  }
}

/** Writes its note after it has freed the lock. */
export class TwoStepRelease extends DelegatingProvider {
  override async release(grant: GrantProof, note: ReleaseNote, signal: AbortSignal): Promise<void> {
    await super.release(grant, {}, signal);
    if (!note.job) return;
    const again = { lock: grant.lock, grantId: `${grant.grantId}, for its note`, holder: '', ttl: 1_000 };
    await super.acquire(again, signal);
    await super.release(again, note, signal);
  }
}

/** Keeps no hold-off, for it would count it by its own clock. */
export class NoHoldOff extends DelegatingProvider {
  override release(grant: GrantProof, { job }: ReleaseNote, signal: AbortSignal): Promise<void> {
    if (!job) return super.release(grant, {}, signal);
    const { holdOff: _, ...rest } = job;
    return super.release(grant, { job: rest }, signal);
  }
}

/** Leaves a timer behind, which does not even keep the process alive. */
export class LeakyTimer extends DelegatingProvider {
  static readonly leaked: NodeJS.Timeout[] = [];

  constructor(next: LeaseProvider) {
    super(next);
    LeakyTimer.leaked.push(setInterval(() => undefined, 1_000).unref());
  }
}

/** Ends what its user passed in. */
export class EndsForeignClient extends DelegatingProvider {
  constructor(
    next: LeaseProvider,
    private readonly store: MemoryStore,
  ) {
    super(next);
  }

  override async close(): Promise<void> {
    this.store.locks.clear();
  }
}

/** Changes on the way what is asked, or what is answered. */
export function changing(change: {
  readonly request?: (request: AcquireRequest) => AcquireRequest;
  readonly answer?: (answer: LeaseGrant | LeaseRefusal) => LeaseGrant | LeaseRefusal;
  readonly note?: (note: ReleaseNote) => ReleaseNote;
  readonly record?: (record: LockRecord) => LockRecord;
}): new (next: LeaseProvider) => LeaseProvider {
  const { request = same, answer = same, note = same, record = same } = change;
  return class extends DelegatingProvider {
    override async acquire(asked: AcquireRequest, signal: AbortSignal): Promise<LeaseGrant | LeaseRefusal> {
      return answer(await super.acquire(request(asked), signal));
    }

    override release(grant: GrantProof, written: ReleaseNote, signal: AbortSignal): Promise<void> {
      return super.release(grant, note(written), signal);
    }

    override async read(lock: string, signal: AbortSignal): Promise<LockRecord | null> {
      const found = await super.read(lock, signal);
      return found && record(found);
    }
  };
}

/** Changes what the asking job claims. */
export function claiming(
  change: (claim: SlotClaim) => SlotClaim,
): new (next: LeaseProvider) => LeaseProvider {
  return changing({ request: ({ job, ...rest }) => (job ? { ...rest, job: change(job) } : rest) });
}

/** Pauses nothing. */
export class Restless extends DelegatingProvider {
  override setPaused(
    lock: string,
    job: string,
    _: boolean,
    signal: AbortSignal,
  ): Promise<LeaseRefusal | null> {
    return super.setPaused(lock, job, false, signal);
  }
}

/** Lists all that there is. */
export class BoundlessList extends DelegatingProvider {
  override list(_prefix: string, signal: AbortSignal): AsyncIterable<LockRecord> {
    return super.list('', signal);
  }
}

/** Renews many at once, and takes one answer for all. */
export class RashBatch extends DelegatingProvider {
  async renewMany(
    grants: readonly LeaseGrant[],
    ttl: number,
    signal: AbortSignal,
  ): Promise<readonly boolean[]> {
    const [first] = grants;
    const renewed = first !== undefined && (await super.renew(first, ttl, signal));
    return grants.map(() => renewed);
  }
}

/** Renews the live leases of many locks at once, whoever asks. */
export class BlindBatch extends DelegatingProvider {
  readonly #store: MemoryStore;

  constructor(next: LeaseProvider, store: MemoryStore) {
    super(next);
    this.#store = store;
  }

  renewMany(grants: readonly LeaseGrant[], ttl: number, signal: AbortSignal): Promise<readonly boolean[]> {
    const renew = (grant: LeaseGrant): Promise<boolean> => {
      const { grantId } = this.#store.locks.get(grant.lock)?.lease ?? grant;
      return super.renew({ ...grant, grantId }, ttl, signal);
    };
    return Promise.all(grants.map(renew));
  }
}

/** Can be closed only once. */
export class ClosesOnce extends DelegatingProvider {
  #closed = false;

  override async close(): Promise<void> {
    if (this.#closed) throw new Error('It is closed already.');
    this.#closed = true;
  }
}

function same<T>(value: T): T {
  return value;
}
