/** Starts or finds real stores for tests and benchmarks. */
export { findRedis, type FoundRedis } from './find-redis.js';
export { type RedisCluster, startRedisCluster } from './redis-cluster.js';
export { type RedisServer, type RedisServerOptions, startRedis } from './redis-server.js';
export {
  AZURITE_ACCOUNT,
  azuriteConnectionString,
  type AzuriteOptions,
  type AzuriteServer,
  findAzurite,
  type FoundAzurite,
  startAzurite,
} from './azurite.js';
export { type AzuriteFault, type AzuriteProxy, startAzuriteProxy } from './azurite-proxy.js';
