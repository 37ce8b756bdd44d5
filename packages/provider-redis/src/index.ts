export { RedisLeaseProvider, type RedisLeaseOptions } from './redis-lease-provider.js';
export { leaseProviderFromEnv } from './lease-provider-from-env.js';
export { clusterOptions, redisOptions } from './connection-options.js';
export { FencedScript, type FencedWrite } from './fenced-write.js';
export { StaleFencingTokenError } from '@leased-jobs/core';
export type { RedisClient, RedisClusterClient, RedisServerClient, RedisSubscriber } from './redis-client.js';
