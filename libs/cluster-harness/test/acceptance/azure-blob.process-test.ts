import { openAzurite } from './azure-store.js';
import { scenarios } from './scenarios.js';
import { describeTogether } from './together.js';

/** The shortest that Azure has. */
const TTL = 15_000;
/** When a holder has renewed, nobody knows when its lease ends: others ask every quarter of the ttl. */
const TAKEOVER = TTL + TTL / 4 + 2_000;

describeTogether(
  'blobs',
  openAzurite,
  scenarios({
    // A run that was won costs four requests: nobody runs a job on blobs twice a second.
    fast: { instances: 5, every: 3_000, ttl: TTL, window: 30_000 },
    kill: { every: 24_000, ttl: TTL, times: 2, takeover: TAKEOVER },
    freeze: { every: 24_000, ttl: TTL, times: 1 },
    // A blob tells nobody of a release: others ask when the lease would have ended.
    term: { every: 24_000, ttl: TTL, handover: TTL + 2_000 },
    drain: { every: 24_000, ttl: TTL },
  }),
);
