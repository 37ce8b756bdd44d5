import {
  type AcquireRequest,
  assertLockName,
  assertTtl,
  type GrantProof,
  type LeaseGrant,
  type LeaseProvider,
  type LeaseRefusal,
  type LockRecord,
  type ReleaseNote,
  StoreError,
  SystemClock,
} from '@leased-jobs/core';
import type { ContainerClient } from '@azure/storage-blob';
import { AzureRequests } from './azure-requests.js';
import { BlobLocks } from './blob-locks.js';
import { type AzureBlobLeaseOptions, type LeaseContainer, leaseContainer } from './lease-container.js';
import { listLocks } from './list-locks.js';
import { LockBlob } from './lock-blob.js';
import { GRANULARITY, MAX_TTL, MIN_TTL } from './lock-view.js';
import { StoreClock } from './store-clock.js';

/**
 * Leases on the blobs of a container, one blob for each lock: how, is told at `BlobLocks`. Container and blobs are made
 * on demand, and never deleted.
 *
 * A lease expires by Azure's own clock, also hold-off and future slots are judged by it. There is no telling when a lock
 * becomes free, so whoever waits asks again at the times that refusals name.
 *
 * @example
 * ```ts
 * const provider = new AzureBlobLeaseProvider({
 *   accountUrl: 'https://myaccount.blob.core.windows.net',
 *   credential: new DefaultAzureCredential(),
 * });
 * ```
 */
export class AzureBlobLeaseProvider implements LeaseProvider {
  readonly name = 'azure-blob';
  readonly limits = {
    minTtl: MIN_TTL,
    maxTtl: MAX_TTL,
    ttlStep: 1_000,
    granularity: GRANULARITY,
    excludes: 'cluster',
  } as const;
  /** As counted at the server. For the price behind the last one see the README, under "Cost". */
  readonly requests = {
    perRun: 4,
    perRefusal: 1,
    perRenewal: 1,
    unremarkablePerDay: 100_000,
  } as const;
  readonly #container: LeaseContainer;
  readonly #requests: AzureRequests;
  readonly #locks: BlobLocks;
  #closed = false;

  /** @throws ConfigurationError if the options cannot work. Nothing is sent before the first call. */
  constructor(options: AzureBlobLeaseOptions) {
    const clock = new SystemClock();
    const store = new StoreClock(clock);
    const container = leaseContainer(options);
    const { client, oneTry } = container;
    const requests = new AzureRequests(store, whereabouts(client), oneTry);
    this.#container = container;
    this.#requests = requests;
    this.#locks = new BlobLocks((lock) => new LockBlob(requests, client, lock), store, clock);
  }

  async acquire(request: AcquireRequest, signal: AbortSignal): Promise<LeaseGrant | LeaseRefusal> {
    assertLockName(request.lock);
    assertTtl(request.ttl, this.limits, this.name);
    this.#assertUsable(signal);
    return this.#locks.acquire(request, signal);
  }

  async renew(grant: LeaseGrant, ttl: number, signal: AbortSignal): Promise<boolean> {
    assertTtl(ttl, this.limits, this.name);
    this.#assertUsable(signal);
    return this.#locks.renew(grant, ttl, signal);
  }

  async release(proof: GrantProof, note: ReleaseNote, signal: AbortSignal): Promise<void> {
    this.#assertUsable(signal);
    return this.#locks.release(proof, note, signal);
  }

  /** While the lock is held, only its holder may write: then the answer is `held`. Ask again after the run. */
  async setPaused(
    lock: string,
    job: string,
    paused: boolean,
    signal: AbortSignal,
  ): Promise<LeaseRefusal | null> {
    assertLockName(lock);
    this.#assertUsable(signal);
    return this.#locks.setPaused(lock, job, paused, signal);
  }

  async read(lock: string, signal: AbortSignal): Promise<LockRecord | null> {
    assertLockName(lock);
    this.#assertUsable(signal);
    return this.#locks.read(lock, signal);
  }

  /** One request for each 1,000 blobs, and one for each lock. Blobs of others in the container are left out. */
  async *list(prefix: string, signal: AbortSignal): AsyncIterable<LockRecord> {
    this.#assertUsable(signal);
    const read = (lock: string): Promise<LockRecord | null> => this.#locks.read(lock, signal);
    yield* listLocks({ container: this.#container.client, requests: this.#requests, read }, prefix, signal);
  }

  /** Later calls reject. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#container.close();
  }

  #assertUsable(signal: AbortSignal): void {
    signal.throwIfAborted();
    if (!this.#closed) return;
    throw new StoreError('This provider is closed. Make another one, or close it later.', {
      kind: 'invalid',
      applied: 'no',
    });
  }
}

/** For messages. The query is left out: a SAS is in it. */
function whereabouts({ url }: ContainerClient): string {
  const { host, pathname } = new URL(url);
  return `the container "${pathname.slice(pathname.lastIndexOf('/') + 1)}" at ${host}`;
}
