/**
 * The options of a connection that is safe and quick for leases: spread them into `new Redis(…)` of your own, for
 * Sentinel say. With the defaults of ioredis leases are as safe, but a call that was given up may still be sent later,
 * and one whose answer was lost is sent twice.
 *
 * @example
 * ```ts
 * const redis = new Redis({ ...redisOptions, sentinels: [{ host: 'sentinel-1', port: 26379 }], name: 'primary' });
 * const backend = new RedisLeaseProvider(redis, { closeClient: true });
 * ```
 */
export const redisOptions = {
  lazyConnect: true,
  /** A command that cannot be sent now fails now. */
  enableOfflineQueue: false,
  /** A command whose connection breaks is not sent again. */
  maxRetriesPerRequest: 0,
  enableAutoPipelining: false,
  /** Milliseconds, as all of these. */
  connectTimeout: 5_000,
  /**
   * A connection that owes an answer for so long, and says nothing else, is given up: it may have fallen silent for good,
   * and then whatever is tried again over it is lost too. No longer than the first try of an attempt, so that the second
   * finds another connection.
   */
  socketTimeout: 500,
  disconnectTimeout: 500,
  retryStrategy: reconnectDelay,
} as const;

/**
 * The same for a Cluster: `new Cluster(nodes, clusterOptions)`. Redirections are followed, for what is redirected was not
 * done; what may have been done is not sent again.
 *
 * @example
 * ```ts
 * const cluster = new Cluster([{ host: 'redis-1', port: 6379 }], {
 *   ...clusterOptions,
 *   redisOptions: { ...clusterOptions.redisOptions, password: process.env.REDIS_PASSWORD },
 * });
 * const backend = new RedisLeaseProvider(cluster, { closeClient: true });
 * ```
 */
export const clusterOptions = {
  lazyConnect: true,
  /** Without it, commands for a node that is being connected to are refused; with it, they wait for `connectTimeout`. */
  enableOfflineQueue: true,
  enableAutoPipelining: false,
  retryDelayOnFailover: 0,
  retryDelayOnClusterDown: 0,
  slotsRefreshTimeout: 2_000,
  clusterRetryStrategy: reconnectDelay,
  redisOptions: {
    maxRetriesPerRequest: 0,
    connectTimeout: redisOptions.connectTimeout,
    socketTimeout: redisOptions.socketTimeout,
    disconnectTimeout: redisOptions.disconnectTimeout,
  },
};

/** From 25 ms to a second, with jitter: many instances that lose one server do not come back at once. */
export function reconnectDelay(times: number): number {
  return Math.min(1_000, 50 * 2 ** Math.min(times - 1, 10)) * (0.5 + Math.random() / 2);
}
