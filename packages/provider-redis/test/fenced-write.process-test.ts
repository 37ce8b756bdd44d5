import { type RedisServer, startRedis } from '@leased-jobs/backends';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { FencedScript, StaleFencingTokenError } from '../src/index.js';

describe('a fenced write', () => {
  const save = new FencedScript(`return redis.call('SET', KEYS[1], ARGV[1])`);
  const write = (fencingToken: number, body: string) => ({
    fence: '{report}:fence',
    fencingToken,
    keys: ['{report}:body'],
    args: [body],
  });
  let server: RedisServer;
  let client: Redis;
  beforeAll(async () => {
    server = await startRedis();
  }, 300_000);
  beforeEach(() => {
    client = new Redis(server.url);
  });
  afterEach(async () => {
    await client.flushall();
    client.disconnect();
  });
  afterAll(() => server.stop());

  it('is made under the newest token, any number of times, and returns what its script returns', async () => {
    for (const body of ['first', 'second']) expect(await save.run(client, write(7, body))).toBe('OK');
    expect(await client.get('{report}:body')).toBe('second');
    expect(await new FencedScript('').run(client, { fence: 'f', fencingToken: 1 })).toBeUndefined();
  });

  it('is refused under a token older than one that was seen, and changes nothing', async () => {
    const newer = 1_795_221_022_790_479;
    await save.run(client, write(newer, 'new'));
    const late = save.run(client, write(newer - 1, 'late'));
    await expect(late).rejects.toThrow(StaleFencingTokenError);
    await expect(late).rejects.toMatchObject({
      code: 'LEASE_STALE_TOKEN',
      fencingToken: newer - 1,
      newest: newer,
    });
    expect(await client.get('{report}:body')).toBe('new');
    expect(await client.get('{report}:fence')).toBe(String(newer));
  });

  it('overwrites no fence that is none', async () => {
    await client.set('{report}:fence', 'theirs');
    await expect(save.run(client, write(1, 'x'))).rejects.toThrow('holds no fencing token');
    expect(await client.get('{report}:fence')).toBe('theirs');
  });

  it('takes nothing for a token that is none', async () => {
    for (const token of [0, -1, 1.5, Number.NaN, 2 ** 53])
      await expect(save.run(client, write(token, 'x'))).rejects.toThrow(RangeError);
  });
});
