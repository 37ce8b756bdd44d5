import {
  type AcquireRequest,
  type GrantProof,
  type LeaseGrant,
  type LeaseProvider,
  type LeaseRefusal,
  type MemoryStore,
  type ReleaseNote,
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
