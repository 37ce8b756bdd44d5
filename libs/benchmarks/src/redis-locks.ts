import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { startRedis } from '@leased-jobs/backends';
import { Leases, SystemClock, systemRandom } from '@leased-jobs/core';
import { RedisLeaseProvider, redisOptions } from '@leased-jobs/provider-redis';
import { Redis } from 'ioredis';
import { median } from './rounds.js';

// Prints what share of the throughput of a bare `SET NX PX` our leases reach, on the same server and the same client, with
// the variants in turn in every round.
const ROUNDS = 11;
const TIMES = 2_000;
const AT_ONCE = 64;
const TTL = 30_000;

type Variant = (lock: string) => Promise<unknown>;

const server = await startRedis();
const client = new Redis(server.url, redisOptions);
await client.connect().catch(() => once(client, 'ready'));

client.defineCommand('compareAndDelete', {
  numberOfKeys: 1,
  lua: `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`,
});
const { compareAndDelete } = client as unknown as {
  compareAndDelete: (key: string, value: string) => Promise<number>;
};
const leases = new Leases({
  provider: new RedisLeaseProvider(client),
  clock: new SystemClock(),
  random: systemRandom,
  emit: () => {},
  instance: 'bench',
  namespace: 'bench',
  ttl: TTL,
});

const bare: Variant = async (lock) => {
  const id = randomUUID();
  if ((await client.set(lock, id, 'PX', TTL, 'NX')) !== 'OK') throw new Error(`${lock} is held.`);
  await compareAndDelete.call(client, lock, id);
};
const leased: Variant = async (lock) => {
  const lease = await leases.tryAcquire(lock);
  if (lease === null) throw new Error(`${lock} is held.`);
  await lease.release();
};
const bareLoss: Variant = async () => {
  if ((await client.set('bare-held', randomUUID(), 'PX', TTL, 'NX')) === 'OK')
    throw new Error('It was free.');
};
const leasedLoss: Variant = async () => {
  if ((await leases.tryAcquire('held')) !== null) throw new Error('It was free.');
};

await client.set('bare-held', 'somebody');
await leases.tryAcquire('held');
const shares = {
  sequential: await shareOf(leased, bare, 1),
  atOnce: await shareOf(leased, bare, AT_ONCE),
  lossSequential: await shareOf(leasedLoss, bareLoss, 1),
  lossAtOnce: await shareOf(leasedLoss, bareLoss, AT_ONCE),
};
await leases.close();
client.disconnect();
await server.stop();
process.stdout.write(JSON.stringify(shares));

/** The median of the rounds' ratios, after a round that does not count. */
async function shareOf(ours: Variant, theirs: Variant, atOnce: number): Promise<number> {
  const ratios: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const before = await timeOf(theirs, atOnce);
    const own = (await timeOf(ours, atOnce)) + (await timeOf(ours, atOnce));
    const after = await timeOf(theirs, atOnce);
    if (round > 0) ratios.push((before + after) / own);
  }
  return median(ratios);
}

/** Milliseconds. */
async function timeOf(variant: Variant, atOnce: number): Promise<number> {
  let left = TIMES * (atOnce === 1 ? 1 : 4);
  const start = performance.now();
  await Promise.all(
    Array.from({ length: atOnce }, async (_, number) => {
      while (left-- > 0) await variant(`lock-${number}`);
    }),
  );
  return performance.now() - start;
}
