import { setTimeout as sleep } from 'node:timers/promises';
import { type RedisServer, startRedis } from './redis-server.js';

/** Starts a Redis Cluster of three masters on this host, with all slots assigned. */
export async function startRedisCluster({ durable = false } = {}): Promise<RedisCluster> {
  const settings = { 'cluster-enabled': 'yes', 'cluster-node-timeout': '60000' };
  const started = await Promise.allSettled(RANGES.map(() => startRedis({ durable, settings })));
  const nodes = started.flatMap((node) => (node.status === 'fulfilled' ? [node.value] : []));
  const cluster = new RedisCluster(nodes);
  try {
    for (const node of started) if (node.status === 'rejected') throw node.reason;
    await cluster.assemble();
    return cluster;
  } catch (thrown) {
    await cluster.stop();
    throw thrown;
  }
}

export class RedisCluster implements AsyncDisposable {
  constructor(readonly nodes: readonly RedisServer[]) {}

  get ports(): readonly number[] {
    return this.nodes.map((node) => node.port);
  }

  /** @internal */
  async assemble(): Promise<void> {
    const [first] = this.nodes;
    for (const [n, node] of this.nodes.entries()) {
      // Every node begins with its own epoch: two that are alike would have to agree first.
      await expectOk(node, 'CLUSTER', 'SET-CONFIG-EPOCH', n + 1);
      await expectOk(node, 'CLUSTER', 'ADDSLOTSRANGE', ...(RANGES[n] ?? []));
      if (first && node !== first) await expectOk(node, 'CLUSTER', 'MEET', '127.0.0.1', first.port);
    }
    await this.#agreed();
  }

  async freeze(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.freeze()));
  }

  async thaw(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.thaw()));
  }

  async restart(options: { readonly keepData: true }): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.restart(options)));
    await this.#agreed();
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Resolves when every node knows the others and finds the cluster in order. */
  async #agreed(): Promise<void> {
    const deadline = performance.now() + AGREE_TIMEOUT;
    for (const node of this.nodes) {
      for (;;) {
        const info = await node.command('CLUSTER', 'INFO');
        if (/cluster_state:ok/.test(info) && info.includes(`cluster_size:${this.nodes.length}`)) break;
        if (performance.now() > deadline) throw new Error(`The cluster did not come up: ${info}`);
        await sleep(25);
      }
    }
  }
}

async function expectOk(node: RedisServer, ...words: readonly (string | number)[]): Promise<void> {
  const reply = await node.command(...words);
  if (reply !== '+OK') throw new Error(`Redis answered ${reply} to ${words.join(' ')}.`);
}

const RANGES: readonly (readonly [number, number])[] = [
  [0, 5_460],
  [5_461, 10_922],
  [10_923, 16_383],
];

/** Milliseconds. A master that has restarted waits two seconds before it serves. */
const AGREE_TIMEOUT = 30_000;
