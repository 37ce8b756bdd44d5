import { randomUUID } from 'node:crypto';
import {
  findRedis,
  type FoundRedis,
  type RedisCluster,
  type RedisServer,
  startRedis,
  startRedisCluster,
} from '@leased-jobs/backends';
import { providerContract } from '@leased-jobs/testing';
import { afterAll, beforeAll, describe, it, jest } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import { clusterOptions, leaseProviderFromEnv, RedisLeaseProvider } from '../src/index.js';
import { ClusterProxies } from './support/cluster-proxies.js';
import { type RedisSetup, redisHarness } from './support/contract-harness.js';
import { Interference, type Manner } from './support/interference.js';
import { RedisProxy } from './support/redis-proxy.js';

jest.setTimeout(30_000);

function passesTheContract(setup: (title: string) => RedisSetup | Promise<RedisSetup>): void {
  for (const { id, title, run } of providerContract) {
    // oxlint-disable-next-line jest/expect-expect -- a case asserts by itself
    it(`${id}: ${title}`, async () => run(redisHarness(await setup(title)), `contract ${randomUUID()}`));
  }
}

describe('the Redis provider', () => {
  let store: FoundRedis;
  let mortal: Promise<RedisServer> | undefined;
  beforeAll(async () => {
    store = await findRedis();
  }, 300_000);
  afterAll(async () => {
    await store.stop();
    await (await mortal)?.stop();
  });

  /** The store behind a proxy; for the cases that end it, one that is ours to end, whatever `REDIS_URL` says. */
  function placeFor(manner: Manner) {
    const opened: RedisProxy[] = [];
    const proxied = async (url: string) => {
      const interference = new Interference(manner);
      const proxy = await RedisProxy.start(url, interference);
      opened.push(proxy);
      return { interference, url: Object.assign(new URL(url), { host: `127.0.0.1:${proxy.port}` }).href };
    };
    let shared: ReturnType<typeof proxied>;
    beforeAll(async () => {
      await (shared = proxied(store.url));
    });
    afterAll(() => Promise.all(opened.map((proxy) => proxy[Symbol.asyncDispose]())));
    const never = (): Promise<void> => Promise.reject(new Error('This Redis is not ours to end.'));
    return async (title: string) => {
      if (!RESTARTS.test(title)) return { ...(await shared), restart: never };
      const server = await (mortal ??= startRedis({ durable: true }));
      return { ...(await proxied(server.url)), restart: () => server.restart({ keepData: true }) };
    };
  }

  describe('on a connection of its own', () => {
    const place = placeFor('broken');
    passesTheContract(async (title) => {
      const { interference, url, restart } = await place(title);
      return {
        interference,
        restart,
        connect: () => leaseProviderFromEnv({ REDIS_URL: url }),
        adopt: async () => {
          const client = new Redis(url);
          return { provider: new RedisLeaseProvider(client), works: () => worksStill(client) };
        },
      };
    });
  });

  describe("on a client with ioredis' defaults that its user has passed in", () => {
    const place = placeFor('told');
    passesTheContract(async (title) => {
      const { interference, url, restart } = await place(title);
      const client = (): Redis => new Redis(url).on('error', () => {});
      return {
        interference,
        restart,
        connect: async () => new RedisLeaseProvider(client(), { closeClient: true }),
        adopt: async () => {
          const user = client();
          return { provider: new RedisLeaseProvider(user), works: () => worksStill(user) };
        },
      };
    });
  });
});

describe('the Redis provider on a Cluster of three nodes', () => {
  const interference = new Interference('broken');
  let cluster: RedisCluster;
  let proxies: ClusterProxies;
  beforeAll(async () => {
    cluster = await startRedisCluster({ durable: true });
    proxies = await ClusterProxies.start(cluster, interference);
  }, 300_000);
  afterAll(async () => {
    await proxies[Symbol.asyncDispose]();
    await cluster.stop();
  });

  passesTheContract(() => ({
    interference,
    connect: async () => {
      const client = new Cluster([...proxies.nodes], { ...clusterOptions, natMap: proxies.natMap });
      return new RedisLeaseProvider(client, { closeClient: true });
    },
    adopt: async () => {
      const client = new Cluster([...proxies.nodes], { natMap: proxies.natMap });
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

/** Titles of cases that end the store for a moment. */
const RESTARTS = /(a|and) restart$/;
