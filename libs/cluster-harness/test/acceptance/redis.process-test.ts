import { openRedis } from './redis-store.js';
import { scenarios } from './scenarios.js';
import { describeTogether } from './together.js';

describeTogether(
  'Redis',
  openRedis,
  scenarios({
    fast: { instances: 10, every: 500, ttl: 5_000, window: 20_000 },
    kill: { every: 6_000, ttl: 2_000, times: 3, takeover: 3_000 },
    freeze: { every: 6_000, ttl: 2_000, times: 2 },
    // Those who wait are told of the release: none of them waits for the ttl.
    term: { every: 6_000, ttl: 10_000, handover: 250 },
    drain: { every: 10_000, ttl: 4_000 },
  }),
);
