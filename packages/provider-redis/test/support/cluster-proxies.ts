import type { RedisCluster } from '@leased-jobs/backends';
import type { Interference } from './interference.js';
import { RedisProxy } from './redis-proxy.js';

/** Stands between clients and each node of a cluster. Clients that begin at `nodes` with the `natMap` meet nothing else. */
export class ClusterProxies implements AsyncDisposable {
  readonly #proxies: readonly RedisProxy[];
  readonly #ports: readonly number[];

  private constructor(proxies: readonly RedisProxy[], ports: readonly number[]) {
    this.#proxies = proxies;
    this.#ports = ports;
  }

  static async start({ ports }: RedisCluster, interference: Interference): Promise<ClusterProxies> {
    const proxies = await Promise.all(ports.map((port) => RedisProxy.start(port, interference)));
    return new ClusterProxies(proxies, ports);
  }

  get nodes(): readonly { host: string; port: number }[] {
    return this.#proxies.map(({ port }) => ({ host: '127.0.0.1', port }));
  }

  get natMap(): Record<string, { host: string; port: number }> {
    const { nodes } = this;
    return Object.fromEntries(nodes.map((node, n) => [`127.0.0.1:${this.#ports[n]}`, node]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#proxies.map((proxy) => proxy[Symbol.asyncDispose]()));
  }
}
