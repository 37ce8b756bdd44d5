import { randomUUID } from 'node:crypto';
import { startRedis } from '@leased-jobs/backends';
import { expect, it } from '@jest/globals';
import { leaseProviderFromEnv } from '../src/index.js';
import { Instance, soon } from './support/instance.js';
import { Interference } from './support/interference.js';
import { RedisProxy } from './support/redis-proxy.js';

it('gives up a connection that has fallen silent, and is answered over another within a second', async () => {
  await using server = await startRedis();
  const interference = new Interference('told');
  await using proxy = await RedisProxy.start(server.port, interference);
  const provider = await leaseProviderFromEnv({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
  await using instance = new Instance(provider);
  await instance.granted({ lock: 'first' });
  const grantId = randomUUID();
  const disturbance = interference.disturb('answer-lost', 1);
  const begun = performance.now();
  await expect(instance.acquire({ grantId }, soon(500))).rejects.toMatchObject({ name: 'TimeoutError' });
  const grant = await instance.grantedAtLast({ grantId });
  expect(performance.now() - begun).toBeLessThan(1_000);
  expect(await instance.renew(grant)).toBe(true);
  // Only now would the silent connection break by itself.
  expect(disturbance.struck).toBe(true);
  await disturbance.end();
}, 30_000);
