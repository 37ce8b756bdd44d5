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
  // Nothing of what cannot be taken apart is shown: it may be a password.
  if (!/^[a-z][\w+.-]*:\/\//i.test(text) || !URL.canParse(text)) {
    throw new ConfigurationError(`REDIS_URL is no URL. ${LEGAL}`);
  }
  const { protocol, host, hostname, username, password, pathname, hash } = new URL(text);
  if (pathname.includes('@') || hash !== '') throw new ConfigurationError(`REDIS_URL is cut off. ${ENCODE}`);
  if (!isDecodable(username + password)) {
    throw new ConfigurationError(`REDIS_URL has a % that encodes nothing. ${ENCODE}`);
  }
  // The query is left out: ioredis takes options from it, a password among them.
  const shown = show(`${protocol}//${username || password ? '***@' : ''}${host}${pathname}`);
  if (!SCHEMES.has(protocol)) {
    throw new ConfigurationError(`REDIS_URL=${shown} has a scheme that is not Redis'. ${LEGAL}`);
  }
  if (hostname === '') throw new ConfigurationError(`REDIS_URL=${shown} names no host. ${LEGAL}`);
  if (!DATABASE.test(pathname)) {
    throw new ConfigurationError(`REDIS_URL=${shown} names a database that is no number. ${LEGAL}`);
  }
  return text;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

const SCHEMES = new Set(['redis:', 'rediss:']);
const DATABASE = /^(\/\d*)?$/;
const LEGAL =
  'Set it to redis://user:password@host:6379/0, or rediss://… for TLS; user, password and database may be left out.';
const ENCODE =
  'Write % / ? # and @ in a user or a password as %25 %2F %3F %23 and %40, as in redis://user:pass%2Fword@host:6379/0';
