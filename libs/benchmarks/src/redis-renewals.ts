import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedis } from '@leased-jobs/backends';
import { Leases, SystemClock, systemRandom } from '@leased-jobs/core';
import { RedisLeaseProvider, redisOptions } from '@leased-jobs/provider-redis';
import { Redis } from 'ioredis';
import { median } from './rounds.js';

// Holds 1,000 leases that are renewed once a second each, and prints the CPU time that this process takes for it.
const LEASES = 1_000;
const TTL = 3_000;
const ROUNDS = 15;
/** For as long as a server needs to have its code compiled that runs a thousand times a second. */
const WARM_UP = 10_000;

const server = await startRedis();
const client = new Redis(server.url, redisOptions);
await client.connect().catch(() => once(client, 'ready'));
let renewed = 0;
let lost = 0;
const leases = new Leases({
  provider: new RedisLeaseProvider(client),
  clock: new SystemClock(),
  random: systemRandom,
  emit: ({ type }) => {
    if (type === 'renewed') renewed++;
    if (type === 'lost') lost++;
  },
  instance: 'bench',
  namespace: 'bench',
  ttl: TTL,
});
for (let n = 0; n < LEASES; n++) await leases.tryAcquire(`lock-${n}`);
await sleep(WARM_UP);

const rounds: { cpu: number; renewals: number }[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const from = { cpu: process.cpuUsage(), at: performance.now(), renewed };
  await sleep(1_000);
  const { user, system } = process.cpuUsage(from.cpu);
  const seconds = (performance.now() - from.at) / 1_000;
  rounds.push({ cpu: (user + system) / 1_000 / seconds, renewals: (renewed - from.renewed) / seconds });
}
if (lost > 0) throw new Error(`${lost} leases were lost.`);
await leases.close();
client.disconnect();
await server.stop();
process.stdout.write(
  JSON.stringify({
    cpu: median(rounds.map(({ cpu }) => cpu)),
    renewals: median(rounds.map(({ renewals }) => renewals)),
  }),
);
