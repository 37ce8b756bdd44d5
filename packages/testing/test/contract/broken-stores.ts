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
  type Release,
  type ReleaseNote,
  type Watch,
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

/** Takes an instance that asks again for a repetition of its last attempt. */
export class OwnedByHolder extends BrokenProvider {
  override acquire(request: AcquireRequest, signal: AbortSignal): Promise<LeaseGrant | LeaseRefusal> {
    const { lease } = this.state(request.lock);
    const grantId = lease?.holder === request.holder ? lease.grantId : request.grantId;
    return super.acquire({ ...request, grantId }, signal);
  }
}

/** Says that it has renewed, and has not. */
export class IdleRenewal extends BrokenProvider {
  override async renew(grant: LeaseGrant, ttl: number, signal: AbortSignal): Promise<boolean> {
    const before = this.state(grant.lock);
    const renewed = await super.renew(grant, ttl, signal);
    if (renewed) this.store.locks.set(grant.lock, before);
    return renewed;
  }
}

/** Renews whatever nobody else has. */
export class RenewsTheReleased extends BrokenProvider {
  override async renew(grant: LeaseGrant, ttl: number, signal: AbortSignal): Promise<boolean> {
    return this.state(grant.lock).lease === null || super.renew(grant, ttl, signal);
  }
}

/** Believes the last note about a slot, though an earlier one knew of a later slot. */
export class SlotsGoBack extends BrokenProvider {
  override release(grant: GrantProof, note: ReleaseNote, signal: AbortSignal): Promise<void> {
    const { jobs, lease } = this.state(grant.lock);
    const job = note.job?.slot === undefined ? undefined : jobs[note.job.name];
    if (note.job && job && lease?.grantId === grant.grantId)
      this.change(grant.lock, { jobs: { ...jobs, [note.job.name]: { ...job, lastSlot: null } } });
    return super.release(grant, note, signal);
  }
}

/** Tells nobody of a release. */
export class TellsNobody extends BrokenProvider {
  override watch(_lock: string, onRelease: (release: Release) => void): Watch {
    return super.watch('another lock', onRelease);
  }
}

/** Goes on telling those who have closed their watch. */
export class TellsForEver extends BrokenProvider {
  override watch(lock: string, onRelease: (release: Release) => void): Watch {
    super.watch(lock, onRelease);
    return { close: () => {} };
  }
}

/** Tells of a slot that it was run, although the release has not said so. */
export class TellsOfWrongSlots extends BrokenProvider {
  override watch(lock: string, onRelease: (release: Release) => void): Watch {
    return super.watch(lock, ({ done }) =>
      onRelease({ done: done ?? { job: 'job', slot: Number.MAX_SAFE_INTEGER } }),
    );
  }
}

/** Keeps one last slot for all the jobs of a lock. */
export class SlotsOfTheLock extends BrokenProvider {
  override acquire(request: AcquireRequest, signal: AbortSignal): Promise<LeaseGrant | LeaseRefusal> {
    const { jobs } = this.state(request.lock);
    const any = Object.values(jobs)[0];
    if (request.job && any && !Object.hasOwn(jobs, request.job.name)) {
      const fresh = { lastSlot: any.lastSlot, heldOffUntil: 0, paused: false, recent: [] };
      this.change(request.lock, { jobs: { ...jobs, [request.job.name]: fresh } });
    }
    return super.acquire(request, signal);
  }
}
