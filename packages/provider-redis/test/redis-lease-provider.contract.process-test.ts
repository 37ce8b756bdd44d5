import { randomUUID } from 'node:crypto';
import { findRedis, type FoundRedis, type RedisCluster, startRedisCluster } from '@leased-jobs/backends';
import { providerContract } from '@leased-jobs/testing';
import { afterAll, beforeAll, describe, it, jest } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import { clusterOptions, leaseProviderFromEnv, RedisLeaseProvider } from '../src/index.js';
import { type RedisSetup, redisHarness } from './support/contract-harness.js';
import { Interference } from './support/interference.js';
import { RedisProxy } from './support/redis-proxy.js';

jest.setTimeout(30_000);

function passesTheContract(setup: () => RedisSetup): void {
  for (const { id, title, run } of providerContract) {
    // oxlint-disable-next-line jest/expect-expect -- a case asserts by itself
    it(`${id}: ${title}`, () => run(redisHarness(setup()), `contract ${randomUUID()}`));
  }
}

describe('the Redis provider', () => {
  let store: FoundRedis;
  beforeAll(async () => {
    store = await findRedis();
  }, 300_000);
  afterAll(() => store.stop());

  describe('on a connection of its own', () => {
    const interference = new Interference('broken');
    let proxy: RedisProxy;
    const url = (): string => Object.assign(new URL(store.url), { host: `127.0.0.1:${proxy.port}` }).href;
    beforeAll(async () => {
      proxy = await RedisProxy.start(Number(new URL(store.url).port || 6379), interference);
    });
    afterAll(() => proxy[Symbol.asyncDispose]());

    passesTheContract(() => ({
      interference,
      connect: () => leaseProviderFromEnv({ REDIS_URL: url() }),
      adopt: async () => {
        const client = new Redis(url());
        return { provider: new RedisLeaseProvider(client), works: () => worksStill(client) };
      },
      restart: () => store.restart(),
    }));
  });

  describe("on a client with ioredis' defaults that its user has passed in", () => {
    const interference = new Interference('told');
    let proxy: RedisProxy;
    const client = (): Redis =>
      new Redis(Object.assign(new URL(store.url), { host: `127.0.0.1:${proxy.port}` }).href).on(
        'error',
        () => {},
      );
    beforeAll(async () => {
      proxy = await RedisProxy.start(Number(new URL(store.url).port || 6379), interference);
    });
    afterAll(() => proxy[Symbol.asyncDispose]());

    passesTheContract(() => ({
      interference,
      connect: async () => new RedisLeaseProvider(client(), { closeClient: true }),
      adopt: async () => {
        const user = client();
        return { provider: new RedisLeaseProvider(user), works: () => worksStill(user) };
      },
      restart: () => store.restart(),
    }));
  });
});

describe('the Redis provider on a Cluster of three nodes', () => {
  const interference = new Interference('broken');
  let cluster: RedisCluster;
  let proxies: readonly RedisProxy[];
  beforeAll(async () => {
    cluster = await startRedisCluster({ durable: true });
    proxies = await Promise.all(cluster.ports.map((port) => RedisProxy.start(port, interference)));
  }, 300_000);
  afterAll(async () => {
    await Promise.all(proxies.map((proxy) => proxy[Symbol.asyncDispose]()));
    await cluster.stop();
  });

  const nodes = () => proxies.map(({ port }) => ({ host: '127.0.0.1', port }));
  const natMap = () =>
    Object.fromEntries(
      cluster.ports.map((port, n) => [`127.0.0.1:${port}`, nodes()[n] ?? { host: '127.0.0.1', port }]),
    );

  passesTheContract(() => ({
    interference,
    connect: async () => {
      const client = new Cluster(nodes(), { ...clusterOptions, natMap: natMap() });
      return new RedisLeaseProvider(client, { closeClient: true });
    },
    adopt: async () => {
      const client = new Cluster(nodes(), { natMap: natMap() });
      return { provider: new RedisLeaseProvider(client), works: () => worksStill(client) };
    },
    restart: () => cluster.restart({ keepData: true }),
  }));
});

async function worksStill(client: Redis | Cluster): Promise<boolean> {
  const key = `user ${randomUUID()}`;
  await client.set(key, 'value', 'PX', 10_000);
  const works = (await client.get(key)) === 'value';
  client.disconnect();
  return works;
}
