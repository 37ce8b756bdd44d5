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
} from '@leased-jobs/core';
import type { Wire } from './wire.js';

/** A provider whose store lies at the other end of a {@link Wire}, for tests of what happens when that wire fails. */
export class WiredProvider implements LeaseProvider {
  readonly name = 'wired';
  readonly limits: LeaseProvider['limits'];
  /** Offered if the store offers it. A wait that was given up ends at the store, too. */
  readonly watch?: NonNullable<LeaseProvider['watch']>;
  readonly #store: LeaseProvider;
  readonly #wire: Wire;

  /** @param store carries out what arrives. The wire aborts no request that has arrived. */
  constructor(store: LeaseProvider, wire: Wire) {
    this.#store = store;
    this.#wire = wire;
    this.limits = store.limits;
    // What the store tells by itself is no request, and is not disturbed.
    if (store.watch) this.watch = store.watch.bind(store);
  }

  async acquire(request: AcquireRequest, signal: AbortSignal): Promise<LeaseGrant | LeaseRefusal> {
    assertLockName(request.lock);
    assertTtl(request.ttl, this.limits, this.name);
    return this.#wire.send(() => this.#store.acquire(request, NEVER), signal);
  }

  async renew(grant: LeaseGrant, ttl: number, signal: AbortSignal): Promise<boolean> {
    assertTtl(ttl, this.limits, this.name);
    return this.#wire.send(() => this.#store.renew(grant, ttl, NEVER), signal);
  }

  async release(grant: GrantProof, note: ReleaseNote, signal: AbortSignal): Promise<void> {
    return this.#wire.send(() => this.#store.release(grant, note, NEVER), signal);
  }

  async setPaused(
    lock: string,
    job: string,
    paused: boolean,
    signal: AbortSignal,
  ): Promise<LeaseRefusal | null> {
    assertLockName(lock);
    return this.#wire.send(() => this.#store.setPaused(lock, job, paused, NEVER), signal);
  }

  async read(lock: string, signal: AbortSignal): Promise<LockRecord | null> {
    assertLockName(lock);
    return this.#wire.send(() => this.#store.read(lock, NEVER), signal);
  }

  async *list(prefix: string, signal: AbortSignal): AsyncIterable<LockRecord> {
    yield* await this.#wire.send(async () => {
      const records: LockRecord[] = [];
      for await (const record of this.#store.list(prefix, NEVER)) records.push(record);
      return records;
    }, signal);
  }

  /** Ends nothing, for the store at the other end is not ours. */
  async close(): Promise<void> {}
}

const NEVER = new AbortController().signal;
