import { openFolder } from './folder-store.js';
import { scenarios } from './scenarios.js';
import { describeTogether } from './together.js';

describeTogether(
  'files',
  openFolder,
  scenarios({
    fast: { instances: 10, every: 500, ttl: 5_000, window: 20_000 },
    // The others see that the process is gone, long before the ttl has ended.
    kill: { every: 3_000, ttl: 10_000, times: 5, takeover: 1_000 },
    freeze: { every: 6_000, ttl: 2_000, times: 2 },
    term: { every: 6_000, ttl: 10_000, handover: 1_000 },
    drain: { every: 10_000, ttl: 4_000 },
  }),
);
