import { ConfigurationError, type LeaseProvider, show } from '@leased-jobs/core';
import { Redis } from 'ioredis';
import { redisOptions } from './connection-options.js';
import { RedisLeaseProvider } from './redis-lease-provider.js';

/**
 * The provider of the server that `REDIS_URL` names: `redis://user:password@host:6379/0`, or `rediss://` for TLS. It
 * connects when it is first used. For Sentinel or a Cluster, pass a `RedisLeaseProvider` of your own.
 *
 * @throws ConfigurationError if the variable is missing, or no such URL.
 */
export async function leaseProviderFromEnv(env: NodeJS.ProcessEnv): Promise<LeaseProvider> {
  return connectRedis(redisUrl(env['REDIS_URL']));
}

function connectRedis(url: string): RedisLeaseProvider {
  const client = new Redis(url, { ...redisOptions, connectionName: 'leased-jobs' });
  return new RedisLeaseProvider(client, { closeClient: true });
}

function redisUrl(value: string | undefined): string {
  const text = value?.trim();
  if (!text) throw new ConfigurationError(`REDIS_URL is not set. ${LEGAL}`);
  if (!URL.canParse(text)) {
    // What is no URL cannot be searched for a password, so none of it is shown.
    throw new ConfigurationError(`REDIS_URL is no URL. ${LEGAL}`);
  }
  const url = new URL(text);
  const shown = show(withoutPassword(url));
  if (!SCHEMES.has(url.protocol))
    throw new ConfigurationError(`REDIS_URL=${shown} has a scheme that is not Redis'. ${LEGAL}`);
  if (url.hostname === '') throw new ConfigurationError(`REDIS_URL=${shown} names no host. ${LEGAL}`);
  if (!DATABASE.test(url.pathname)) {
    throw new ConfigurationError(`REDIS_URL=${shown} names a database that is no number. ${LEGAL}`);
  }
  return text;
}

/** The query is left out too: ioredis takes options from it, a password among them. */
function withoutPassword(url: URL): string {
  const user = url.username || url.password ? '***@' : '';
  return `${url.protocol}//${user}${url.host}${url.pathname}`;
}

const SCHEMES = new Set(['redis:', 'rediss:']);
const DATABASE = /^(\/\d*)?$/;
const LEGAL =
  'Set it to redis://user:password@host:6379/0, or rediss://… for TLS; user, password and database may be left out.';
