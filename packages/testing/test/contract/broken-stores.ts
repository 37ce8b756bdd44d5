import {
  acquireLock,
  type AcquireRequest,
  type GrantProof,
  isRefusal,
  type LeaseGrant,
  type LeaseRefusal,
  type LockState,
  MemoryLeaseProvider,
  type MemoryStore,
  NEW_LOCK,
  type ReleaseNote,
} from '@leased-jobs/core';

/** A store that gets one thing wrong. */
abstract class BrokenProvider extends MemoryLeaseProvider {
  constructor(protected readonly store: MemoryStore) {
    super(store);
  }

  protected state(lock: string): LockState {
    return this.store.locks.get(lock) ?? NEW_LOCK;
  }

  protected change(lock: string, change: Partial<LockState>): void {
    this.store.locks.set(lock, { ...this.state(lock), ...change });
  }
}

/** Renews and releases whatever lease is live, whoever asks. */
export class NoOwnerCheck extends BrokenProvider {
  override renew(grant: LeaseGrant, ttl: number, signal: AbortSignal): Promise<boolean> {
    return super.renew(this.#asOwner(grant), ttl, signal);
  }

  override release(grant: GrantProof, note: ReleaseNote, signal: AbortSignal): Promise<void> {
    return super.release(this.#asOwner(grant), note, signal);
  }

  #asOwner<T extends GrantProof>(proof: T): T {
    return { ...proof, grantId: this.state(proof.lock).lease?.grantId ?? proof.grantId };
  }
}

/** Whenever it looks, the last lease still lives. */
export class NoExpiry extends BrokenProvider {
  override acquire(request: AcquireRequest, signal: AbortSignal): Promise<LeaseGrant | LeaseRefusal> {
    this.#revive(request.lock);
    return super.acquire(request, signal);
  }

  override renew(grant: LeaseGrant, ttl: number, signal: AbortSignal): Promise<boolean> {
    this.#revive(grant.lock);
    return super.renew(grant, ttl, signal);
  }

  #revive(lock: string): void {
    const { lease } = this.state(lock);
    const { duration } = this.store.now();
    if (lease && lease.expiresAt <= duration)
      this.change(lock, { lease: { ...lease, expiresAt: duration + 1 } });
  }
}

/** Lets others come between looking and taking. */
export class AwaitBetweenCheckAndAct extends BrokenProvider {
  override async acquire(request: AcquireRequest): Promise<LeaseGrant | LeaseRefusal> {
    const answer = acquireLock(this.state(request.lock), request, this.store.now());
    await Promise.resolve();
    if ('refused' in answer) return answer;
    this.store.locks.set(request.lock, answer.state);
    return answer.grant;
  }
}

/** Forgets which token was the last. */
export class ConstantToken extends BrokenProvider {
  override async acquire(request: AcquireRequest, signal: AbortSignal): Promise<LeaseGrant | LeaseRefusal> {
    const answer = await super.acquire(request, signal);
    if (isRefusal(answer)) return answer;
    this.change(request.lock, { fencingToken: 1 });
    return { ...answer, fencingToken: 1 };
  }
}

/** Grants a slot that was run as if it were none. */
export class NoSlotGuard extends BrokenProvider {
  override async acquire(request: AcquireRequest, signal: AbortSignal): Promise<LeaseGrant | LeaseRefusal> {
    const answer = await super.acquire(request, signal);
    if (!request.job || !isRefusal(answer) || answer.refused !== 'done') return answer;
    const { name, mark, tolerance } = request.job;
    return super.acquire({ ...request, job: { name, mark, tolerance } }, signal);
  }
}

/** Takes a repeated attempt for another's. */
export class NotIdempotent extends BrokenProvider {
  override async acquire(request: AcquireRequest, signal: AbortSignal): Promise<LeaseGrant | LeaseRefusal> {
    const { lease } = this.state(request.lock);
    if (lease?.grantId !== request.grantId) return super.acquire(request, signal);
    return super.acquire({ ...request, grantId: 'somebody else' }, signal);
  }
}

/** Takes a job's pause away when its run ends. */
export class ForgetfulOfPauses extends BrokenProvider {
  override async release(grant: GrantProof, note: ReleaseNote, signal: AbortSignal): Promise<void> {
    await super.release(grant, note, signal);
    if (note.job && this.state(grant.lock).jobs[note.job.name]?.paused)
      await this.setPaused(grant.lock, note.job.name, false, signal);
  }
}

/** Complains if there is nothing to release. */
export class StrictRelease extends BrokenProvider {
  override async release(grant: GrantProof, note: ReleaseNote, signal: AbortSignal): Promise<void> {
    if (this.state(grant.lock).lease === null) throw new Error('There is nothing to release.');
    await super.release(grant, note, signal);
  }
}

/** Gives leases that are five per cent too short. */
export class EarlyExpiry extends BrokenProvider {
  override acquire(request: AcquireRequest, signal: AbortSignal): Promise<LeaseGrant | LeaseRefusal> {
    return super.acquire({ ...request, ttl: Math.max(1, Math.floor(request.ttl * 0.95)) }, signal);
  }
}

/** Knows no difference between upper and lower case. */
export class CaseBlind extends BrokenProvider {
  override acquire(request: AcquireRequest, signal: AbortSignal): Promise<LeaseGrant | LeaseRefusal> {
    return super.acquire({ ...request, lock: request.lock.toLowerCase() }, signal);
  }
}
