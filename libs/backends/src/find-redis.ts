import { type RedisServerOptions, startRedis } from './redis-server.js';

/** A Redis for what neither ends nor freezes it. */
export interface FoundRedis extends AsyncDisposable {
  readonly url: string;
  /** Ends it, with its data, and starts it again; nothing where it is not ours to end. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * The Redis of `REDIS_URL`, if that is set: choose a database whose content you do not need. Otherwise a server of its
 * own, which is durable.
 */
export async function findRedis(options: RedisServerOptions = {}): Promise<FoundRedis> {
  const url = process.env['REDIS_URL']?.trim();
  if (url) {
    const nothing = async (): Promise<void> => {};
    return { url, restart: nothing, stop: nothing, [Symbol.asyncDispose]: nothing };
  }
  const server = await startRedis({ durable: true, ...options });
  return {
    url: server.url,
    restart: () => server.restart({ keepData: true }),
    stop: () => server.stop(),
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
