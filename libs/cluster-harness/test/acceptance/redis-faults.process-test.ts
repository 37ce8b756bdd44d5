import { openRedis, type RedisStore } from './redis-store.js';
import { type FaultPace, forgetfulStore, frozen, silentStore } from './store-faults.js';
import { describeTogether } from './together.js';

const PACE: FaultPace = { every: 6_000, ttl: 3_000 };

describeTogether<RedisStore>('Redis', openRedis, [
  silentStore('Redis is frozen for four ttl', PACE, frozen(PACE)),
  silentStore('Redis is down for two ttl and loses its data', PACE, {
    begin: ({ server }) => server.kill(),
    end: ({ server }) => server.restart({ keepData: false }),
    duration: 2 * PACE.ttl,
    forgets: true,
  }),
  forgetfulStore('all keys are flushed', PACE, async ({ server }) => {
    expectReply(await server.command('FLUSHALL'), '+OK');
  }),
  forgetfulStore('the key of its lease is deleted', PACE, async ({ server }) => {
    expectReply(await server.command('DEL', 'leased-jobs:{worker/work}:lease'), ':1');
  }),
  forgetfulStore('Redis is killed, and restarted at once without its data', PACE, ({ server }) =>
    server.restart({ keepData: false }),
  ),
]);

/** Or nothing was done to the store, and nothing is shown. */
function expectReply(reply: string, expected: string): void {
  if (reply !== expected) throw new Error(`Redis answered ${reply} instead of ${expected}.`);
}
