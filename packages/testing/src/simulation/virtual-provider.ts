import {
  type AcquireRequest,
  type GrantProof,
  type LeaseGrant,
  type LeaseProvider,
  type LeaseRefusal,
  type LockRecord,
  type Release,
  type ReleaseNote,
  untilAborted,
  type Watch,
} from '@leased-jobs/core';
import type { VirtualClock } from './virtual-clock.js';
import type { VirtualNetwork } from './virtual-network.js';

/** What a process needs to reach the store. */
export interface Connection {
  readonly instance: string;
  readonly clock: VirtualClock;
  readonly network: VirtualNetwork;
  /** Carries out what arrives. */
  readonly store: LeaseProvider;
}

/** A provider whose store lies at the other end of a {@link VirtualNetwork}. */
export class VirtualProvider implements LeaseProvider {
  readonly name = 'virtual';
  readonly limits: LeaseProvider['limits'];
  /** Offered if the store offers it. */
  readonly renewMany?: NonNullable<LeaseProvider['renewMany']>;
  readonly #connection: Connection;
  readonly #watches = new Set<Watch>();
  #waiting = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.limits = connection.store.limits;
    if (connection.store.renewMany) {
      this.renewMany = (grants, ttl, signal) =>
        this.#send(async (store) => (await store.renewMany?.(grants, ttl, NEVER)) ?? [], signal);
    }
  }

  /** How many calls have not settled, and how many watches are open. */
  get open(): number {
    return this.#waiting + this.#watches.size;
  }

  acquire(request: AcquireRequest, signal: AbortSignal): Promise<LeaseGrant | LeaseRefusal> {
    return this.#send((store) => store.acquire(request, NEVER), signal);
  }

  renew(grant: LeaseGrant, ttl: number, signal: AbortSignal): Promise<boolean> {
    return this.#send((store) => store.renew(grant, ttl, NEVER), signal);
  }

  release(grant: GrantProof, note: ReleaseNote, signal: AbortSignal): Promise<void> {
    return this.#send((store) => store.release(grant, note, NEVER), signal);
  }

  setPaused(lock: string, job: string, paused: boolean, signal: AbortSignal): Promise<LeaseRefusal | null> {
    return this.#send((store) => store.setPaused(lock, job, paused, NEVER), signal);
  }

  read(lock: string, signal: AbortSignal): Promise<LockRecord | null> {
    return this.#send((store) => store.read(lock, NEVER), signal);
  }

  async *list(prefix: string, signal: AbortSignal): AsyncIterable<LockRecord> {
    yield* await this.#send(async (store) => {
      const records: LockRecord[] = [];
      for await (const record of store.list(prefix, NEVER)) records.push(record);
      return records;
    }, signal);
  }

  watch(lock: string, onRelease: (release: Release) => void): Watch {
    const { instance, clock, network, store } = this.#connection;
    let isOpen = true;
    const inner = store.watch?.(lock, (release) =>
      network.tell(instance, clock, () => {
        if (isOpen) onRelease(release);
      }),
    );
    const watch: Watch = {
      close: () => {
        isOpen = false;
        inner?.close();
        this.#watches.delete(watch);
      },
    };
    this.#watches.add(watch);
    return watch;
  }

  async close(): Promise<void> {
    for (const watch of this.#watches) watch.close();
  }

  async #send<T>(request: (store: LeaseProvider) => Promise<T>, signal: AbortSignal): Promise<T> {
    const { instance: from, clock, network, store } = this.#connection;
    this.#waiting++;
    try {
      return await untilAborted(
        signal,
        () =>
          new Promise<T>((resolve, reject) => {
            network.carry({ from, clock, request: () => request(store), resolve, reject });
          }),
      );
    } finally {
      this.#waiting--;
    }
  }
}

const NEVER = new AbortController().signal;
