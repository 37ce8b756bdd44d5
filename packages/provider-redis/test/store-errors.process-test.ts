import { inspect } from 'node:util';
import { type RedisServer, startRedis } from '@leased-jobs/backends';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import { clusterOptions, leaseProviderFromEnv, RedisLeaseProvider } from '../src/index.js';
import { Instance, soon, storeErrorOf } from './support/instance.js';

const instances: Instance[] = [];

async function instanceAt(url: string): Promise<Instance> {
  const instance = new Instance(await leaseProviderFromEnv({ REDIS_URL: url }));
  instances.push(instance);
  return instance;
}

afterEach(async () => {
  await Promise.all(instances.splice(0).map((instance) => instance.provider.close()));
});

describe('what goes wrong with a Redis is told by its kind', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  }, 300_000);
  afterEach(() => server.command('FLUSHALL'));
  afterAll(() => server.stop());

  it('when it has no more memory', async () => {
    const a = await instanceAt(server.url);
    const grant = await a.granted({ lock: 'before' });
    await server.command('CONFIG', 'SET', 'maxmemory', '1');
    expect(await storeErrorOf(a.acquire())).toMatchObject({ kind: 'transient', applied: 'no' });
    // What needs no more memory goes on.
    expect(await a.renew(grant)).toBe(true);
    const noted = a.provider.release(grant, { job: { name: 'job', slot: 1 } }, soon());
    expect(await storeErrorOf(noted)).toMatchObject({ kind: 'transient', applied: 'no' });
    expect(await a.renew(grant)).toBe(true);
    await a.release(grant);
    await server.command('CONFIG', 'SET', 'maxmemory', '0');
    await a.granted();
  });

  it('when it is a replica, in touch with its primary or not', async () => {
    const a = await instanceAt(server.url);
    await a.provider.read('news', soon());
    await server.command('REPLICAOF', '127.0.0.1', '1');
    const readOnly = await storeErrorOf(a.acquire());
    expect(readOnly).toMatchObject({ kind: 'transient', applied: 'no' });
    expect(readOnly.message).toContain('READONLY');
    await server.command('CONFIG', 'SET', 'replica-serve-stale-data', 'no');
    expect((await storeErrorOf(a.acquire())).message).toContain('MASTERDOWN');
    await server.command('CONFIG', 'SET', 'replica-serve-stale-data', 'yes');
    await server.command('REPLICAOF', 'NO', 'ONE');
    await a.granted();
  });

  it('when it has too few replicas', async () => {
    const a = await instanceAt(server.url);
    await server.command('CONFIG', 'SET', 'min-replicas-to-write', '1');
    expect(await storeErrorOf(a.acquire())).toMatchObject({
      kind: 'transient',
      applied: 'no',
      message: expect.stringContaining('NOREPLICAS'),
    });
    await server.command('CONFIG', 'SET', 'min-replicas-to-write', '0');
    await a.granted();
  });

  it.each([
    ['a list at the key of the lease', ['RPUSH', 'leased-jobs:{news}:lease', 'theirs'], 'WRONGTYPE'],
    ['a text at the key of the lease', ['SET', 'leased-jobs:{news}:lease', 'theirs'], 'FOREIGN'],
    ['a lease without a ttl', ['SET', 'leased-jobs:{news}:lease', 'id 1 somebody'], 'FOREIGN'],
    ['a text at the key of the token', ['SET', 'leased-jobs:{news}:token', 'theirs'], 'FOREIGN'],
    ['a hash at the key of the token', ['HSET', 'leased-jobs:{news}:token', 'a', 'b'], 'FOREIGN|WRONGTYPE'],
    ['a set at the key of the record', ['SADD', 'leased-jobs:{news}:record', 'theirs'], 'WRONGTYPE'],
    ['no slot in the record', ['HSET', 'leased-jobs:{news}:record', 'slot:job', 'theirs'], 'FOREIGN'],
    ['no time in the record', ['HSET', 'leased-jobs:{news}:record', 'holdoff:job', 'theirs'], 'FOREIGN'],
  ])('when there is %s, which is left as it is', async (_what, command, code) => {
    const a = await instanceAt(server.url);
    await server.command(...command);
    const before = await server.command('DUMP', command[1] ?? '');
    const job = { name: 'job', slot: 1, mark: 'at-acquire', tolerance: 0 } as const;
    for (const call of [() => a.acquire({ job }), () => a.provider.read('news', soon())]) {
      const error = await storeErrorOf(call());
      expect(error).toMatchObject({ kind: 'invalid', applied: 'no' });
      expect(error.message).toMatch(new RegExp(code));
      expect(error.message).toContain('nothing was changed');
    }
    expect(await server.command('DUMP', command[1] ?? '')).toBe(before);
    expect(await server.command('DBSIZE')).toBe(':1');
  });

  it('when the database does not exist, and goes on in no other', async () => {
    const a = await instanceAt(`${server.url}/99`);
    for (let n = 0; n < 3; n++) {
      expect(await storeErrorOf(a.acquire())).toMatchObject({
        kind: 'invalid',
        applied: 'no',
        message: expect.stringContaining('DB index is out of range'),
      });
    }
    expect(await server.command('DBSIZE')).toBe(':0');
  });

  it('when it belongs to a cluster that does not serve the slot', async () => {
    await using lonely = await startRedis({ settings: { 'cluster-enabled': 'yes' } });
    const a = await instanceAt(lonely.url);
    expect(await storeErrorOf(a.acquire())).toMatchObject({
      kind: 'transient',
      applied: 'no',
      message: expect.stringContaining('CLUSTERDOWN'),
    });
  });

  it('when it forgets its scripts, which is no trouble at all', async () => {
    const a = await instanceAt(server.url);
    const grant = await a.granted();
    await server.command('SCRIPT', 'FLUSH');
    expect(await a.renew(grant)).toBe(true);
    await server.command('SCRIPT', 'FLUSH');
    await a.release(grant);
    await a.granted();
  });

  it('when the client of its user is closed', async () => {
    const client = new Redis(server.url);
    const a = new Instance(new RedisLeaseProvider(client));
    await a.granted();
    client.disconnect();
    await new Promise((resolve) => client.once('end', resolve));
    expect(await storeErrorOf(a.acquire())).toMatchObject({ kind: 'invalid', applied: 'no' });
  });

  it('when the provider is closed', async () => {
    const a = await instanceAt(server.url);
    await a.granted();
    await a.provider.close();
    expect(await storeErrorOf(a.acquire())).toMatchObject({ kind: 'invalid', applied: 'no' });
  });
});

describe('what a Redis refuses is told without a secret', () => {
  const password = 'Tr0ub4dor';
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis({ settings: { requirepass: password } });
    const admin = new Redis(server.url, { password });
    await admin.acl('SETUSER', 'elsewhere', 'on', `>${password}`, '~other:*', '&*', '+@all');
    await admin.acl('SETUSER', 'quiet', 'on', `>${password}`, '~leased-jobs:*', 'resetchannels', '+@all');
    admin.disconnect();
  }, 300_000);
  afterAll(() => server.stop());
  const urlOf = (credentials: string): string => server.url.replace('//', `//${credentials}@`);

  it.each([
    ['no password', '', 'NOAUTH'],
    ['a wrong password', `:not${password}@`, 'WRONGPASS'],
    ['an unknown user', `nobody:${password}@`, 'WRONGPASS'],
  ])('for %s', async (_what, credentials, code) => {
    const a = await instanceAt(server.url.replace('//', `//${credentials}`));
    for (let n = 0; n < 2; n++) {
      const error = await storeErrorOf(a.acquire());
      expect(error).toMatchObject({ kind: 'denied', applied: 'no' });
      expect(error.message).toContain(code);
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(password);
    }
  });

  it('for a password that is wrong at every node of a cluster', async () => {
    const client = new Cluster([{ host: '127.0.0.1', port: server.port }], {
      ...clusterOptions,
      redisOptions: { ...clusterOptions.redisOptions, password: `not${password}` },
    });
    const a = new Instance(new RedisLeaseProvider(client, { closeClient: true }));
    instances.push(a);
    const error = await storeErrorOf(a.acquire());
    expect(error.kind).toBe('denied');
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(password);
  });

  it('for keys out of the rights of the user', async () => {
    const a = await instanceAt(urlOf(`elsewhere:${password}`));
    expect(await storeErrorOf(a.acquire())).toMatchObject({
      kind: 'denied',
      message: expect.stringContaining('NOPERM'),
    });
  });

  it('for channels, without which leases are given and released all the same', async () => {
    const a = await instanceAt(urlOf(`quiet:${password}`));
    const grant = await a.granted();
    a.provider.watch?.('news', () => {});
    await a.release(grant);
    expect(await a.renew(grant)).toBe(false);
    await a.release(await a.granted());
  });
});

describe('a Redis that is not there', () => {
  it('is told at once, and found when it comes', async () => {
    await using server = await startRedis();
    await server.kill();
    const a = await instanceAt(server.url);
    const start = performance.now();
    expect(await storeErrorOf(a.acquire())).toMatchObject({
      kind: 'transient',
      applied: 'no',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    expect(performance.now() - start).toBeLessThan(1_000);
    await server.begin();
    await a.grantedAtLast();
  });

  it('is told by its name when that is unknown', async () => {
    const a = await instanceAt('redis://app:s3cret@no-such-host.invalid');
    const error = await storeErrorOf(a.acquire({}, soon(10_000)));
    expect(error).toMatchObject({
      kind: 'transient',
      applied: 'no',
      message: expect.stringContaining('no-such-host.invalid'),
    });
    expect(inspect(error, { depth: 10 })).not.toContain('s3cret');
  });

  it('may have carried out what it was sent before it ended', async () => {
    await using server = await startRedis();
    const a = await instanceAt(server.url);
    await a.granted({ lock: 'other' });
    await server.freeze();
    const call = storeErrorOf(a.acquire());
    await new Promise((resolve) => setTimeout(resolve, 50));
    await server.kill();
    expect(await call).toMatchObject({ kind: 'transient', applied: 'unknown' });
  });
});
