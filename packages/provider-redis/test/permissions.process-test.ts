import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RedisServer, startRedis, startRedisCluster } from '@leased-jobs/backends';
import type { LeaseProvider } from '@leased-jobs/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import { clusterOptions, leaseProviderFromEnv, RedisLeaseProvider } from '../src/index.js';
import { Instance, soon } from './support/instance.js';

const README = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');

/** The command of the README, word by word: `ACL SETUSER newsletter on >secret …`. */
const GRANT = (/^ACL SETUSER (?:.*\\\n)*.*$/m.exec(README)?.[0] ?? '').replaceAll('\\\n', ' ').split(/\s+/);
const FOR_A_CLUSTER = (/On a Cluster also `([^`]+)`/.exec(README)?.[1] ?? '').split(' ');
const USER = { username: 'newsletter', password: 'secret' };

/** From now on only that user is let in. */
async function restrict(server: RedisServer, more: readonly string[] = []): Promise<void> {
  for (const command of [
    [...GRANT, ...more],
    ['ACL', 'SETUSER', 'default', 'off'],
  ]) {
    assert.equal(await server.command(...command), '+OK');
  }
}

/** All that a provider can be asked for. */
async function askForEverything(provider: LeaseProvider): Promise<void> {
  const a = new Instance(provider);
  const job = { name: 'job', slot: 1, mark: 'at-acquire', tolerance: 0 } as const;
  const grant = await a.granted({ job });
  expect(await a.acquire()).toMatchObject({ refused: 'held' });
  expect(await a.renew(grant)).toBe(true);
  expect(await provider.renewMany?.([grant], 10_000, soon())).toEqual([true]);
  const { begun, told } = a.watching();
  await begun;
  await provider.setPaused('news', 'job', false, soon());
  await told;
  await provider.release(grant, { job: { name: 'job', slot: 2, holdOff: 1 } }, soon());
  expect(await provider.read('news', soon())).toMatchObject({ lease: null, jobs: { job: { lastSlot: 2 } } });
  const listed: string[] = [];
  for await (const { lock } of provider.list('', soon())) listed.push(lock);
  expect(listed).toEqual(['news']);
  const bare = await a.granted({ lock: 'without a job' });
  await a.release(bare);
}

describe('a user with the permissions of the README, and no other', () => {
  let server: RedisServer;
  const url = (): string => server.url.replace('//', `//${USER.username}:${USER.password}@`);
  beforeAll(async () => {
    server = await startRedis();
    await restrict(server);
  }, 300_000);
  afterAll(() => server.stop());

  // oxlint-disable-next-line jest/expect-expect -- what is asked for asserts by itself
  it('may do all that a provider does', async () => {
    await using provider = Object.assign(await leaseProviderFromEnv({ REDIS_URL: url() }), CLOSES);
    await askForEverything(provider);
  });

  it('may touch nothing else', async () => {
    const client = new Redis(url());
    await expect(client.set('other', 'value')).rejects.toThrow('NOPERM');
    await expect(client.publish('other', 'message')).rejects.toThrow('NOPERM');
    await expect(client.flushall()).rejects.toThrow('NOPERM');
    client.disconnect();
  });

  // oxlint-disable-next-line jest/expect-expect -- what is asked for asserts by itself
  it('may do the same on a Cluster, with what the README adds for that', async () => {
    await using cluster = await startRedisCluster();
    for (const node of cluster.nodes) await restrict(node, FOR_A_CLUSTER);
    const nodes = cluster.ports.map((port) => ({ host: '127.0.0.1', port }));
    const client = new Cluster(nodes, {
      ...clusterOptions,
      redisOptions: { ...clusterOptions.redisOptions, ...USER },
    });
    await using provider = Object.assign(new RedisLeaseProvider(client, { closeClient: true }), CLOSES);
    await askForEverything(provider);
  }, 60_000);
});

const CLOSES = {
  [Symbol.asyncDispose](this: LeaseProvider): Promise<void> {
    return this.close();
  },
};
