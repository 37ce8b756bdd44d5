/** Starts or finds real stores for tests and benchmarks. */
export { findRedis, type FoundRedis } from './find-redis.js';
export { type RedisCluster, startRedisCluster } from './redis-cluster.js';
export { type RedisServer, type RedisServerOptions, startRedis } from './redis-server.js';
export { azuriteConnectionString, type AzuriteOptions, type AzuriteServer, startAzurite } from './azurite.js';
export { findAzurite, type FoundAzurite } from './find-azurite.js';
export type { BlobAccount } from './blob-account.js';
export { type AzuriteFault, type AzuriteProxy, startAzuriteProxy } from './azurite-proxy.js';
