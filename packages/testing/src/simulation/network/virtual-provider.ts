import {
  type AcquireRequest,
  assertLockName,
  assertTtl,
  type GrantProof,
  type LeaseGrant,
  type LeaseProvider,
  type LeaseRefusal,
  type LockRecord,
  MAX_DELAY,
  type Release,
  type ReleaseNote,
  type Watch,
} from '@leased-jobs/core';
import type { VirtualStore } from '../store/virtual-store.js';
import type { Link } from './link.js';

export interface ProviderSettings {
  /** Whether the store tells of releases. Default: `true`. */
  readonly tells?: boolean;
  /** Whether many leases are renewed in one call. Default: `false`. */
  readonly batches?: boolean;
  /** Milliseconds. Default: 0. */
  readonly granularity?: number;
}

/** The provider of one process of a virtual cluster: its way to the store is a {@link Link}. */
export class VirtualProvider implements LeaseProvider {
  readonly name = 'virtual';
  readonly limits: LeaseProvider['limits'];
  readonly watch?: NonNullable<LeaseProvider['watch']>;
  readonly renewMany?: NonNullable<LeaseProvider['renewMany']>;
  readonly #store: VirtualStore;
  readonly #link: Link;
  readonly #watches = new Set<Watch>();

  constructor(store: VirtualStore, link: Link, settings: ProviderSettings = {}) {
    const { tells = true, batches = false, granularity = 0 } = settings;
    this.#store = store;
    this.#link = link;
    this.limits = { minTtl: 1, maxTtl: MAX_DELAY, granularity, excludes: 'cluster' };
    if (tells) this.watch = (lock, onRelease) => this.#watch(lock, onRelease);
    if (batches) {
      this.renewMany = async (grants, ttl, signal) =>
        this.#link.call('renew many', () => grants.map((grant) => this.#store.renew(grant, ttl)), signal);
    }
  }

  /** The calls that have not settled, and the watches that are open. */
  get open(): number {
    return this.#link.waiting + this.#watches.size;
  }

  async acquire(request: AcquireRequest, signal: AbortSignal): Promise<LeaseGrant | LeaseRefusal> {
    assertLockName(request.lock);
    assertTtl(request.ttl, this.limits, this.name);
    return this.#link.call(`acquire ${request.lock}`, () => this.#store.acquire(request), signal);
  }

  async renew(grant: LeaseGrant, ttl: number, signal: AbortSignal): Promise<boolean> {
    assertTtl(ttl, this.limits, this.name);
    return this.#link.call(`renew ${grant.lock}`, () => this.#store.renew(grant, ttl), signal);
  }

  async release(grant: GrantProof, note: ReleaseNote, signal: AbortSignal): Promise<void> {
    return this.#link.call(`release ${grant.lock}`, () => this.#store.release(grant, note), signal);
  }

  async setPaused(lock: string, job: string, paused: boolean, signal: AbortSignal): Promise<null> {
    assertLockName(lock);
    return this.#link.call(`pause ${job}`, () => this.#store.setPaused(lock, job, paused), signal);
  }

  async read(lock: string, signal: AbortSignal): Promise<LockRecord | null> {
    assertLockName(lock);
    return this.#link.call(`read ${lock}`, () => this.#store.read(lock), signal);
  }

  async *list(prefix: string, signal: AbortSignal): AsyncIterable<LockRecord> {
    yield* await this.#link.call('list', () => this.#store.list(prefix), signal);
  }

  async close(): Promise<void> {
    for (const watch of this.#watches) watch.close();
  }

  #watch(lock: string, onRelease: (release: Release) => void): Watch {
    let open = true;
    const end = this.#store.watch(lock, (release) => this.#link.tell(() => open && onRelease(release)));
    const watch = {
      close: () => {
        open = false;
        end();
        this.#watches.delete(watch);
      },
    };
    this.#watches.add(watch);
    return watch;
  }
}
