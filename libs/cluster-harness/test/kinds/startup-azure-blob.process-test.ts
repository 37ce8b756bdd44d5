import { openAzurite } from '../acceptance/azure-store.js';
import { describeStartup } from './startup.js';

/** The shortest that Azure has. Who does not know when a lease was renewed asks every quarter of it. */
const TTL = 15_000;

describeStartup('blobs', openAzurite, { instances: 4, ttl: TTL, takeover: TTL + TTL / 4 + 2_000 });
