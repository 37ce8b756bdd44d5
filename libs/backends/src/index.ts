/** Starts or finds real stores for tests and benchmarks. */
export { findRedis, type FoundRedis } from './find-redis.js';
export { type RedisCluster, startRedisCluster } from './redis-cluster.js';
export { type RedisServer, type RedisServerOptions, startRedis } from './redis-server.js';
