import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  type AcquireRequest,
  type GrantProof,
  isRefusal,
  type LeaseGrant,
  type LeaseProvider,
  type LeaseRefusal,
  type LockRecord,
  type RefusalReason,
  type ReleaseNote,
} from '@leased-jobs/core';
import { bounded } from './bounded.js';

export type Attempt = Partial<AcquireRequest>;

/** One instance of an app: a provider, the case's lock, and a bound on every wait. */
export class Instance {
  readonly #lock: string;
  readonly #ttl: number;
  #closed: Promise<void> | undefined;

  constructor(
    readonly provider: LeaseProvider,
    /** What it calls itself as a holder. */
    readonly id: string,
    defaults: { readonly lock: string; readonly ttl: number },
  ) {
    this.#lock = defaults.lock;
    this.#ttl = defaults.ttl;
  }

  /** The case's lock and a ttl that outlives the case, unless the attempt says otherwise. */
  request(attempt: Attempt = {}): AcquireRequest {
    return { lock: this.#lock, grantId: randomUUID(), holder: this.id, ttl: this.#ttl, ...attempt };
  }

  acquire(attempt?: Attempt, limit?: number): Promise<LeaseGrant | LeaseRefusal> {
    return bounded((signal) => this.provider.acquire(this.request(attempt), signal), limit);
  }

  /** Acquires, and fails if it is refused. */
  async granted(attempt?: Attempt): Promise<LeaseGrant> {
    const answer = await this.acquire(attempt);
    return isRefusal(answer) ? assert.fail(`expected a grant, was refused: ${answer.refused}`) : answer;
  }

  /** Acquires, and fails if it is granted, or refused for another reason. */
  async refused<R extends RefusalReason>(
    reason: R,
    attempt?: Attempt,
  ): Promise<Extract<LeaseRefusal, { readonly refused: R }>> {
    const answer = await this.acquire(attempt);
    if (!isRefusal(answer)) return assert.fail(`expected a refusal as ${reason}, was granted`);
    assert.equal(answer.refused, reason, 'refused for another reason');
    assert.ok(answer.retryAfter >= 0 && Number.isFinite(answer.retryAfter), 'retryAfter is no duration');
    return answer as Extract<LeaseRefusal, { readonly refused: R }>;
  }

  renew(grant: LeaseGrant, ttl = this.#ttl, limit?: number): Promise<boolean> {
    return bounded((signal) => this.provider.renew(grant, ttl, signal), limit);
  }

  release(grant: GrantProof, note: ReleaseNote = {}, limit?: number): Promise<void> {
    return bounded((signal) => this.provider.release(grant, note, signal), limit);
  }

  setPaused(job: string, paused: boolean): Promise<LeaseRefusal | null> {
    return bounded((signal) => this.provider.setPaused(this.#lock, job, paused, signal));
  }

  read(lock = this.#lock): Promise<LockRecord | null> {
    return bounded((signal) => this.provider.read(lock, signal));
  }

  /** Reads a lock that somebody has been granted. */
  async record(lock?: string): Promise<LockRecord> {
    return (await this.read(lock)) ?? assert.fail('the store knows nothing of a lock that was granted');
  }

  list(prefix: string): Promise<readonly LockRecord[]> {
    return bounded(async (signal) => {
      const records: LockRecord[] = [];
      for await (const record of this.provider.list(prefix, signal)) records.push(record);
      return records;
    });
  }

  close(): Promise<void> {
    return (this.#closed ??= bounded(() => this.provider.close()));
  }
}
