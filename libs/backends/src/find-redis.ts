import { startRedis } from './redis-server.js';

/** A Redis for what neither ends, flushes nor freezes it. */
export interface FoundRedis extends AsyncDisposable {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * The Redis of `REDIS_URL`, if that is set; otherwise a server of its own. What tests write there has keys of their own,
 * and is left behind: choose a database of a server that is not needed any more, such as that of `docker compose`.
 *
 * @throws Error if the variable names no server that tests can look at.
 */
export async function findRedis(): Promise<FoundRedis> {
  const url = process.env['REDIS_URL']?.trim();
  if (!url) return startRedis();
  // Nothing of it is shown: there may be a password in it.
  if (!/^redis:\/\/[^/?#]/.test(url) || !URL.canParse(url)) {
    throw new Error(
      'REDIS_URL is set, and is no redis://host:port that the tests could use: they look at what is sent, so TLS will ' +
        'not do. Set it to another one, or unset it: then a redis-server of their own is started.',
    );
  }
  const nothing = async (): Promise<void> => {};
  return { url, stop: nothing, [Symbol.asyncDispose]: nothing };
}
