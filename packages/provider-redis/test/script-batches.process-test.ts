import { type RedisServer, startRedis } from '@leased-jobs/backends';
import { isRefusal } from '@leased-jobs/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { leaseProviderFromEnv } from '../src/index.js';
import { Instance, soon, storeErrorOf } from './support/instance.js';
import { Interference } from './support/interference.js';
import { RedisProxy } from './support/redis-proxy.js';

const LOCKS = Array.from({ length: 40 }, (_, n) => `lock ${n}`);
const instanceAt = async (url: string): Promise<Instance> =>
  new Instance(await leaseProviderFromEnv({ REDIS_URL: url }));

describe('many calls at once', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  }, 300_000);
  afterEach(() => server.command('FLUSHALL'));
  afterAll(() => server.stop());

  it('are a command for sixteen, with an answer for each', async () => {
    const interference = new Interference('broken');
    await using proxy = await RedisProxy.start(server.port, interference);
    await using a = await instanceAt(`redis://127.0.0.1:${proxy.port}`);
    await using b = await instanceAt(server.url);
    await b.granted({ lock: 'lock 7' });
    await a.release(await a.granted());
    interference.commands.length = 0;
    const answers = await Promise.all(LOCKS.map((lock) => a.acquire({ lock })));
    // The first time, the server is told what a batch is.
    const names = interference.commands.map(({ name }) => name);
    expect(names).toEqual(['EVALSHA', 'EVALSHA', 'EVALSHA', 'EVALSHA', 'EVAL', 'EVAL', 'EVAL']);
    expect(answers.map((answer) => isRefusal(answer))).toEqual(LOCKS.map((lock) => lock === 'lock 7'));
    const grants = answers.flatMap((answer) => (isRefusal(answer) ? [] : [answer]));
    expect(grants.map(({ lock }) => lock)).toEqual(LOCKS.filter((lock) => lock !== 'lock 7'));
    interference.commands.length = 0;
    await Promise.all(grants.map((grant) => a.release(grant)));
    expect(interference.commands).toHaveLength(4);
    expect((await b.provider.read('lock 39', soon()))?.lease).toBeNull();
    await Promise.all(LOCKS.slice(8).map((lock) => b.granted({ lock })));
  });

  it('fail each for itself', async () => {
    await using a = await instanceAt(server.url);
    await server.command('SET', 'leased-jobs:{lock%203}:token', 'not ours');
    await server.command('LPUSH', 'leased-jobs:{lock%205}:lease', 'not ours');
    const answers = await Promise.allSettled(LOCKS.map((lock) => a.granted({ lock })));
    const failed = LOCKS.filter((_, n) => answers[n]?.status === 'rejected');
    expect(failed).toEqual(['lock 3', 'lock 5']);
    for (const n of [3, 5]) {
      expect(answers[n]).toMatchObject({ reason: { kind: 'invalid', applied: 'no' } });
    }
  });

  it('fail as they would alone when the server has no memory, and nothing is granted', async () => {
    await using a = await instanceAt(server.url);
    const grant = await a.granted();
    await server.command('CONFIG', 'SET', 'maxmemory', '1');
    try {
      const [renewed, ...errors] = await Promise.all([
        a.renew(grant),
        ...LOCKS.map((lock) => storeErrorOf(a.acquire({ lock }))),
      ]);
      expect(renewed).toBe(true);
      for (const error of errors) expect(error).toMatchObject({ kind: 'transient', applied: 'no' });
    } finally {
      await server.command('CONFIG', 'SET', 'maxmemory', '0');
    }
    expect(await server.command('DBSIZE')).toBe(':2');
  });

  it('are made where a user may not see all of their keys', async () => {
    const rights = ['~leased-jobs:{news}*', '~leased-jobs:{lock%20?}*', '&*', '+@all'];
    await server.command('ACL', 'SETUSER', 'some', 'on', '>secret', ...rights);
    await using a = await instanceAt(server.url.replace('//', '//some:secret@'));
    const locks = ['lock 1', 'lock 2', 'lock 33', 'lock 4'];
    const answers = await Promise.allSettled(locks.map((lock) => a.granted({ lock })));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(answers[2]).toMatchObject({ reason: { kind: 'denied' } });
  });
});

describe('a Cluster behind a single address, as some services have it', () => {
  it('is asked for each lock alone, and renews many leases', async () => {
    await using server = await startRedis({ settings: { 'cluster-enabled': 'yes' } });
    await server.command('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383);
    await using a = await instanceAt(server.url);
    await a.grantedAtLast();
    const grants = await Promise.all(LOCKS.map((lock) => a.granted({ lock })));
    await server.command('DEL', 'leased-jobs:{lock%205}:lease');
    for (const _ of [1, 2]) {
      const renewed = await a.provider.renewMany?.(grants, 10_000, soon());
      expect(renewed).toEqual(LOCKS.map((lock) => lock !== 'lock 5'));
    }
    await Promise.all(grants.map((grant) => a.release(grant)));
    await using b = await instanceAt(server.url);
    await Promise.all(LOCKS.map((lock) => b.granted({ lock })));
  }, 60_000);
});
