import { type RedisServer, startRedis } from '@leased-jobs/backends';
import { FencedScript, redisOptions, StaleFencingTokenError } from '@leased-jobs/provider-redis';
import { Redis } from 'ioredis';
import type { Store } from './together.js';

/** A Redis of its own, and a fenced write in it. */
export interface RedisStore extends Store {
  readonly server: RedisServer;
  readonly writeFenced: (fencingToken: number) => Promise<boolean>;
}

export async function openRedis(): Promise<RedisStore> {
  const server = await startRedis();
  const write = new FencedScript(`return redis.call('SET', KEYS[1], ARGV[1])`);
  return {
    server,
    env: { LEASED_JOBS_BACKEND: 'redis', REDIS_URL: server.url },
    async writeFenced(fencingToken) {
      const client = new Redis(server.url, redisOptions);
      try {
        await client.connect();
        const keys = ['{work}:body'];
        await write.run(client, { fence: '{work}:fence', fencingToken, keys, args: [fencingToken] });
        return true;
      } catch (thrown) {
        if (thrown instanceof StaleFencingTokenError) return false;
        throw thrown;
      } finally {
        client.disconnect();
      }
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
