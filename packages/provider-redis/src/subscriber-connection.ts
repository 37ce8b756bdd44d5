import { redisOptions } from './connection-options.js';
import {
  type RedisClusterClient,
  type RedisServerClient,
  type RedisSubscriber,
  serversOf,
} from './redis-client.js';

/**
 * One more connection like the client's, to listen on. Every node of a Cluster hears of every message, so any will do.
 *
 * @throws Error if a Cluster's client knows no node yet. One that waits to be used is connected for that.
 */
export function openSubscriber(client: RedisServerClient | RedisClusterClient): RedisSubscriber {
  const servers = serversOf(client);
  const server = servers[Math.floor(Math.random() * servers.length)];
  if (!server) {
    if (client.status === 'wait') client.connect().catch(() => {});
    throw new Error('the client knows no node of its cluster');
  }
  return server.duplicate({
    ...redisOptions,
    enableReadyCheck: false,
    // Done by who listens, who has to know when it is done.
    autoResubscribe: false,
    keyPrefix: '',
    commandTimeout: undefined,
    // Done by who listens: the next connection may be to another node.
    retryStrategy: () => null,
  });
}
