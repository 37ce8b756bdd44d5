import { type Lease, type LeaseEvent, Leases, SystemClock, systemRandom } from '@leased-jobs/core';
import { TcpProxy } from '../../src/index.js';
import type { WireStore } from './wire-store.js';

/** An app's leases, on a connection of its own. */
export class Instance implements AsyncDisposable {
  readonly events: LeaseEvent[] = [];
  readonly #listeners = new Set<(event: LeaseEvent) => void>();
  readonly leases: Leases;
  readonly #close: () => Promise<void>;

  constructor(
    store: WireStore,
    readonly name: string,
    port: number = store.port,
  ) {
    const provider = store.providerAt(port);
    this.leases = new Leases({
      provider,
      clock: new SystemClock(),
      random: systemRandom,
      instance: name,
      namespace: '',
      ttl: store.ttl,
      emit: (event) => {
        this.events.push(event);
        for (const listener of this.#listeners) listener(event);
      },
    });
    this.#close = async () => {
      await this.leases.close();
      await provider.close();
    };
  }

  count(type: LeaseEvent['type']): number {
    return this.events.filter((event) => event.type === type).length;
  }

  /** Returns how to end it. */
  onEvent(listener: (event: LeaseEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async granted(lock: string): Promise<Lease> {
    const lease = await this.leases.tryAcquire(lock);
    if (!lease) throw new Error(`${this.name} was refused the lock "${lock}".`);
    return lease;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}

/** An instance whose one way to the store is a wire of its own. */
export class WiredInstance extends Instance {
  private constructor(
    store: WireStore,
    name: string,
    readonly proxy: TcpProxy,
  ) {
    super(store, name, proxy.port);
  }

  static async open(store: WireStore, name = 'wired'): Promise<WiredInstance> {
    const proxy = await TcpProxy.start({ target: store.port, protocol: store.protocol });
    return new WiredInstance(store, name, proxy);
  }

  /** What the calls of its provider have sent. */
  get calls(): readonly { readonly name: string; readonly arrivedAt: number }[] {
    return this.proxy.requests.filter(({ name }) => !SETTING_UP.has(name));
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    await this.proxy.stop();
  }
}

/** As many, each with a wire of its own, that end together. */
export async function openMany(store: WireStore, count: number) {
  const names = Array.from({ length: count }, (_, n) => `holder-${n}`);
  const instances = await Promise.all(names.map((name) => WiredInstance.open(store, name)));
  return {
    instances,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(instances.map((instance) => instance[Symbol.asyncDispose]()));
    },
  };
}

const SETTING_UP = new Set(['HELLO', 'AUTH', 'CLIENT', 'INFO', 'SELECT']);
