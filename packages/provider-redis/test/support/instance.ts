import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import {
  type AcquireRequest,
  isRefusal,
  type LeaseGrant,
  type LeaseProvider,
  type LeaseRefusal,
  type Release,
  StoreError,
} from '@leased-jobs/core';

/** A bound on every wait of a test: what takes longer has failed. */
export const soon = (ms = 5_000): AbortSignal => AbortSignal.timeout(ms);

/** A provider, and the lock `news`. */
export class Instance implements AsyncDisposable {
  constructor(readonly provider: LeaseProvider) {}

  acquire(request: Partial<AcquireRequest> = {}, signal = soon()): Promise<LeaseGrant | LeaseRefusal> {
    const defaults = { lock: 'news', grantId: randomUUID(), holder: 'web-1:1:ab', ttl: 10_000 };
    return this.provider.acquire({ ...defaults, ...request }, signal);
  }

  async granted(request: Partial<AcquireRequest> = {}): Promise<LeaseGrant> {
    const answer = await this.acquire(request);
    if (isRefusal(answer)) throw new Error(`refused: ${answer.refused}`);
    return answer;
  }

  renew(grant: LeaseGrant, signal = soon()): Promise<boolean> {
    return this.provider.renew(grant, 10_000, signal);
  }

  release(grant: LeaseGrant, signal = soon()): Promise<void> {
    return this.provider.release(grant, {}, signal);
  }

  /** Asks until there is an answer: the store may be coming back. */
  async grantedAtLast(request: Partial<AcquireRequest> = {}): Promise<LeaseGrant> {
    const limit = soon(10_000);
    for (;;) {
      try {
        return await this.granted(request);
      } catch (thrown) {
        if (!(thrown instanceof StoreError) || limit.aborted) throw thrown;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  /** `told` resolves with the next release that is told once the watch has begun; `begun` resolves when it has. */
  watching(lock = 'news'): { readonly begun: Promise<unknown>; readonly told: Promise<Release> } {
    const releases = new EventEmitter();
    const watch = this.provider.watch?.(lock, (release) => {
      releases.emit('release', release);
    });
    const next = async (): Promise<Release> => {
      const [release] = (await once(releases, 'release', { signal: soon() })) as [Release];
      return release;
    };
    const begun = next();
    const toldAfter = async (): Promise<Release> => {
      await begun;
      const release = await next();
      watch?.close();
      return release;
    };
    return { begun, told: toldAfter() };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.provider.close();
  }
}

/** The store error that a call throws. */
export async function storeErrorOf(call: Promise<unknown>): Promise<StoreError> {
  try {
    await call;
  } catch (thrown) {
    if (thrown instanceof StoreError) return thrown;
    throw thrown;
  }
  throw new Error('It did not fail.');
}
