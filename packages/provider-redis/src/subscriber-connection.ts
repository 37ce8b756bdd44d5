import { redisOptions, reconnectDelay } from './connection-options.js';
import {
  type RedisClusterClient,
  type RedisServerClient,
  type RedisSubscriber,
  serversOf,
} from './redis-client.js';

/**
 * One more connection like the client's, to listen on. Every node of a Cluster hears of every message, so any will do.
 *
 * @throws Error if a Cluster's client knows no node.
 */
export function openSubscriber(client: RedisServerClient | RedisClusterClient): RedisSubscriber {
  const servers = serversOf(client);
  const server = servers[Math.floor(Math.random() * servers.length)];
  if (!server) throw new Error('the client knows no node of its cluster');
  return server.duplicate({
    ...redisOptions,
    enableReadyCheck: false,
    // Done by who listens, who has to know when it is done.
    autoResubscribe: false,
    keyPrefix: '',
    commandTimeout: undefined,
    // Given up after a while: the next who waits may find another node of a Cluster.
    retryStrategy: (times) => (times > MAX_RECONNECTS ? null : reconnectDelay(times)),
  });
}

const MAX_RECONNECTS = 5;
