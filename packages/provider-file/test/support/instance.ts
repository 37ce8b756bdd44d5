import { randomUUID } from 'node:crypto';
import { type AcquireRequest, isRefusal, type LeaseGrant, type LeaseRefusal } from '@leased-jobs/core';
import { type FileLeaseSeams, FileLeaseProvider } from '../../src/file-lease-provider.js';

export const NEVER = new AbortController().signal;

/** A provider, and the lock `news`. */
export class Instance {
  private constructor(readonly provider: FileLeaseProvider) {}

  static async open(directory: string, seams: Partial<FileLeaseSeams> = {}): Promise<Instance> {
    return new Instance(await FileLeaseProvider.open({ directory }, seams));
  }

  acquire(request: Partial<AcquireRequest> = {}, signal = NEVER): Promise<LeaseGrant | LeaseRefusal> {
    const defaults = { lock: 'news', grantId: randomUUID(), holder: 'somebody', ttl: 10_000 };
    return this.provider.acquire({ ...defaults, ...request }, signal);
  }

  async granted(request: Partial<AcquireRequest> = {}): Promise<LeaseGrant> {
    const answer = await this.acquire(request);
    if (isRefusal(answer)) throw new Error(`refused: ${answer.refused}`);
    return answer;
  }

  async release(grant: LeaseGrant): Promise<void> {
    await this.provider.release(grant, {}, NEVER);
  }

  /** Two generations. */
  async holdOnce(): Promise<LeaseGrant> {
    const grant = await this.granted();
    await this.release(grant);
    return grant;
  }
}
