import { randomUUID } from 'node:crypto';
import { type RedisServer, startRedis, startRedisCluster } from '@leased-jobs/backends';
import { isRefusal, StoreError } from '@leased-jobs/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import { clusterOptions, leaseProviderFromEnv, RedisLeaseProvider } from '../src/index.js';
import { ClusterProxies } from './support/cluster-proxies.js';
import { Instance, soon } from './support/instance.js';
import { Interference } from './support/interference.js';
import { RedisProxy } from './support/redis-proxy.js';

describe('the Redis provider on a server of its own', () => {
  let server: RedisServer;
  let a: Instance;
  let b: Instance;
  const instance = async (url = server.url): Promise<Instance> =>
    new Instance(await leaseProviderFromEnv({ REDIS_URL: url }));
  beforeAll(async () => {
    server = await startRedis();
  }, 300_000);
  beforeEach(async () => {
    await server.command('FLUSHALL');
    [a, b] = [await instance(), await instance()];
  });
  afterEach(async () => {
    for (const one of [a, b]) await one.provider.close();
  });
  afterAll(() => server.stop());

  it('sends one command to acquire, to be refused, to renew, and to release with a note', async () => {
    const interference = new Interference('broken');
    await using proxy = await RedisProxy.start(server.port, interference);
    await using counted = await instance(`redis://127.0.0.1:${proxy.port}`);
    const job = { name: 'job', mark: 'at-release', tolerance: 0 } as const;
    const report = {
      instance: 'web-1:1:ab',
      fencingToken: 1,
      slot: 1,
      startedAt: 1,
      duration: 1,
      outcome: 'succeeded',
    } as const;
    const round = async (slot: number): Promise<void> => {
      const grant = await counted.granted({ job: { ...job, slot } });
      await counted.acquire();
      await counted.renew(grant);
      await counted.provider.release(grant, { job: { name: 'job', slot, report } }, soon());
      await counted.acquire({ job: { ...job, slot } });
    };
    await round(1);
    interference.commands.length = 0;
    await round(2);
    expect(interference.commands.map(({ name }) => name)).toEqual(Array.from({ length: 5 }, () => 'EVALSHA'));
  });

  it('renews 250 leases by three commands', async () => {
    const interference = new Interference('broken');
    await using proxy = await RedisProxy.start(server.port, interference);
    await using counted = await instance(`redis://127.0.0.1:${proxy.port}`);
    const grants = await Promise.all(
      Array.from({ length: 250 }, (_, n) => counted.granted({ lock: `lock ${n}` })),
    );
    await counted.provider.renewMany?.(grants.slice(0, 1), 10_000, soon());
    await server.command('DEL', 'leased-jobs:{lock%20101}:lease');
    interference.commands.length = 0;
    const renewed = await counted.provider.renewMany?.(grants, 10_000, soon());
    expect(renewed).toEqual(grants.map(({ lock }) => lock !== 'lock 101'));
    expect(interference.commands).toHaveLength(3);
  });

  it('hands a lock over to who waits for it within milliseconds', async () => {
    const taken: number[] = [];
    let held = await a.granted();
    for (let n = 0; n < 21; n++) {
      const [giver, taker] = n % 2 === 0 ? [a, b] : [b, a];
      const { begun, told } = taker.watching();
      await begun;
      const start = performance.now();
      const released = giver.release(held);
      await told;
      held = await taker.granted();
      taken.push(performance.now() - start);
      await released;
    }
    // Half a millisecond on an idle machine. On one that is not, the quicker half shows what is due to us.
    const ordered = taken.toSorted((x, y) => x - y);
    expect(ordered[5]).toBeLessThan(5);
    expect(ordered[10]).toBeLessThan(25);
  });

  it('tells of a slot that was marked, and of a job that is paused or resumed', async () => {
    const first = b.watching();
    await first.begun;
    const grant = await a.granted();
    await a.provider.release(grant, { job: { name: 'job', slot: 7 } }, soon());
    expect(await first.told).toEqual({ done: { job: 'job', slot: 7 } });
    for (const paused of [true, false]) {
      const next = b.watching();
      await next.begun;
      await a.provider.setPaused('news', 'job', paused, soon());
      expect(await next.told).toEqual({});
    }
  });

  it('listens on as soon as a broken connection is back', async () => {
    const { begun, told } = b.watching();
    await begun;
    await server.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    expect(await told).toEqual({});
  });

  it.each([
    ['all is flushed', () => server.command('FLUSHALL')],
    ['the lease is deleted', () => server.command('DEL', 'leased-jobs:{news}:lease')],
    ['the server starts again with nothing', () => server.restart({ keepData: false })],
  ])('tells the holder when %s, and grants with a greater token', async (_what, lose) => {
    const grant = await a.granted();
    await lose();
    await b.grantedAtLast({ lock: 'other' });
    const next = await b.grantedAtLast();
    expect(next.fencingToken).toBeGreaterThan(grant.fencingToken);
    await a.grantedAtLast({ lock: 'another' });
    expect(await a.renew(grant)).toBe(false);
    await a.release(grant);
    expect(await b.renew(next)).toBe(true);
  });

  it('counts on from a token that lies in the future of its clock', async () => {
    const future = (Date.now() + 3_600_000) * 1_000;
    await server.command('SET', 'leased-jobs:{news}:token', future);
    const grant = await a.granted();
    expect(grant.fencingToken).toBe(future + 1);
    await a.release(grant);
    expect((await b.granted()).fencingToken).toBe(future + 2);
  });

  it('settles every call within 50 ms of its signal while the server is frozen, and goes on when it thaws', async () => {
    const grant = await a.granted();
    // The server knows what it is sent: what it does not know, and was given up, is not sent once more.
    await Promise.all([a.renew(grant), a.renew(grant), a.renew(grant)]);
    await server.freeze();
    const controller = new AbortController();
    const { signal } = controller;
    const calls = [
      a.acquire({}, signal),
      a.renew(grant, signal),
      a.release(grant, signal),
      a.provider.read('news', signal),
      a.provider.setPaused('news', 'job', true, signal),
      // Not connected yet.
      b.acquire({}, signal),
    ];
    const settled = Promise.allSettled(calls);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const start = performance.now();
    controller.abort(new Error('enough'));
    const outcomes = await settled;
    expect(performance.now() - start).toBeLessThan(50);
    expect(outcomes.map(({ status }) => status)).toEqual(calls.map(() => 'rejected'));
    await server.thaw();
    await b.grantedAtLast();
  });

  it('sends nothing later of what was given up before there was a connection', async () => {
    await using away = await startRedis();
    const client = new Redis(away.url, { lazyConnect: true, retryStrategy: () => 20 }).on('error', () => {});
    const late = new Instance(new RedisLeaseProvider(client, { closeClient: true }));
    await away.kill();
    await expect(late.acquire()).rejects.toThrow('ECONNREFUSED');
    await expect(late.acquire({}, soon(10))).rejects.toThrow(/ECONNREFUSED|aborted/);
    await away.begin();
    await late.provider.read('news', soon());
    expect(await away.command('DBSIZE')).toBe(':0');
    await late.provider.close();
  });

  it('keeps to the prefix that a client puts before its keys', async () => {
    const client = new Redis(server.url, { keyPrefix: 'app[1]:' });
    const prefixed = new Instance(new RedisLeaseProvider(client, { closeClient: true }));
    const grant = await prefixed.granted();
    expect(await server.command('EXISTS', 'app[1]:leased-jobs:{news}:lease')).toBe(':1');
    await b.granted();
    const locks: string[] = [];
    for await (const { lock } of prefixed.provider.list('', soon())) locks.push(lock);
    expect(locks).toEqual(['news']);
    const { begun, told } = prefixed.watching();
    await begun;
    await prefixed.release(grant);
    expect(await told).toEqual({});
    await prefixed.provider.close();
  });

  it('lists each of many locks once', async () => {
    await Promise.all(Array.from({ length: 1_200 }, (_, n) => a.granted({ lock: `many/${n}` })));
    const locks: string[] = [];
    for await (const { lock } of b.provider.list('many/', soon(10_000))) locks.push(lock);
    expect(locks.toSorted()).toEqual(Array.from({ length: 1_200 }, (_, n) => `many/${n}`).toSorted());
  });
});

describe('the Redis provider on a Cluster', () => {
  it('renews the leases on the other nodes while one is frozen, or gone', async () => {
    await using cluster = await startRedisCluster();
    const nodes = cluster.ports.map((port) => ({ host: '127.0.0.1', port }));
    await using a = new Instance(
      new RedisLeaseProvider(new Cluster(nodes, clusterOptions), { closeClient: true }),
    );
    // Some of them lie on each node.
    const grants = await Promise.all(Array.from({ length: 30 }, (_, n) => a.granted({ lock: `lock ${n}` })));
    const renewed = async (): Promise<number> => {
      const answers = (await a.provider.renewMany?.(grants, 10_000, soon(1_500))) ?? [];
      expect(answers.filter((answer) => answer !== true && !(answer instanceof StoreError))).toEqual([]);
      return answers.filter((answer) => answer === true).length;
    };
    expect(await renewed()).toBe(30);
    const [node] = cluster.nodes;
    await node?.freeze();
    const whileFrozen = await renewed();
    await node?.thaw();
    expect(whileFrozen).toBeGreaterThan(0);
    expect(whileFrozen).toBeLessThan(30);
    await node?.kill();
    const whileGone = await renewed();
    expect(whileGone).toBeGreaterThan(0);
    expect(whileGone).toBeLessThan(30);
  }, 60_000);

  it('is told of a release at any node by any other', async () => {
    await using cluster = await startRedisCluster();
    const connect = (): Instance => {
      const nodes = cluster.ports.map((port) => ({ host: '127.0.0.1', port }));
      return new Instance(new RedisLeaseProvider(new Cluster(nodes, clusterOptions), { closeClient: true }));
    };
    await using a = connect();
    await using b = connect();
    for (let n = 0; n < 6; n++) {
      const lock = `lock ${n} ${randomUUID()}`;
      const grant = await a.granted({ lock });
      const answer = await b.acquire({ lock });
      expect(isRefusal(answer) && answer.refused).toBe('held');
      const { begun, told } = b.watching(lock);
      await begun;
      await a.release(grant);
      expect(await told).toEqual({});
    }
  }, 60_000);

  it('answers its first call though the nodes fall silent for a moment while it connects', async () => {
    await using cluster = await startRedisCluster();
    const interference = new Interference('broken');
    await using proxies = await ClusterProxies.start(cluster, interference);
    const client = new Cluster([...proxies.nodes], { ...clusterOptions, natMap: proxies.natMap });
    await using instance = new Instance(new RedisLeaseProvider(client, { closeClient: true }));
    let closed = 0;
    client.on('reconnecting', () => closed++);
    // It knows the slots then, and asks a node whether all is well.
    client.once('connect', () => {
      const thaw = interference.freeze();
      client.once('reconnecting', () => void thaw());
    });
    await instance.granted();
    expect(closed).toBe(1);
  }, 60_000);
});
