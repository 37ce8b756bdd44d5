import { openRedis } from '../acceptance/redis-store.js';
import { describeStartup } from './startup.js';

describeStartup('Redis', openRedis, { instances: 10, ttl: 2_000, takeover: 3_000 });
