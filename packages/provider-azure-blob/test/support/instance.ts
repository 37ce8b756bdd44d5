import { randomUUID } from 'node:crypto';
import { type AcquireRequest, isRefusal, type LeaseGrant, type LeaseRefusal } from '@leased-jobs/core';
import { AzureBlobLeaseProvider } from '../../src/index.js';

export const NEVER = new AbortController().signal;

/** A provider, and the lock `news` with the job `send`. */
export class Instance implements AsyncDisposable {
  readonly provider: AzureBlobLeaseProvider;
  readonly #container: string;

  constructor(connectionString: string, container: string) {
    this.#container = container;
    this.provider = new AzureBlobLeaseProvider({ connectionString, container });
  }

  acquire(request: Partial<AcquireRequest> = {}, signal = NEVER): Promise<LeaseGrant | LeaseRefusal> {
    const defaults = {
      lock: 'news',
      grantId: randomUUID(),
      holder: `one of ${this.#container}`,
      ttl: 15_000,
    };
    return this.provider.acquire({ ...defaults, ...request }, signal);
  }

  async granted(request: Partial<AcquireRequest> = {}): Promise<LeaseGrant> {
    const answer = await this.acquire(request);
    if (isRefusal(answer)) throw new Error(`refused: ${answer.refused}`);
    return answer;
  }

  /** Asks for the nth slot of the job. */
  claim(slot: number): Promise<LeaseGrant | LeaseRefusal> {
    return this.acquire({ job: { name: 'send', slot, mark: 'at-release', tolerance: 5_000 } });
  }

  async run(slot: number): Promise<LeaseGrant> {
    const grant = await this.claim(slot);
    if (isRefusal(grant)) throw new Error(`refused: ${grant.refused}`);
    await this.release(grant, slot);
    return grant;
  }

  release(grant: LeaseGrant, slot?: number): Promise<void> {
    const note = slot === undefined ? {} : { job: { name: 'send', slot } };
    return this.provider.release(grant, note, NEVER);
  }

  renew(grant: LeaseGrant): Promise<boolean> {
    return this.provider.renew(grant, 15_000, NEVER);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.provider.close();
  }
}
