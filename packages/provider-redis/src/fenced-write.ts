import { StaleFencingTokenError } from '@leased-jobs/core';
import { LuaScript } from './lua-script.js';
import type { RedisClient } from './redis-client.js';
import { isNoScript } from './redis-store-error.js';

export interface FencedWrite {
  /** The key that remembers the newest token. On a Cluster, it and all `keys` must share a hash tag. */
  readonly fence: string;
  /** Of the run or the lease under which is written. */
  readonly fencingToken: number;
  readonly keys?: readonly string[];
  readonly args?: readonly (string | number)[];
}

/**
 * A write in Redis that a holder who has lost its lease can no longer make, however late it comes: the script is only
 * called if no greater fencing token has been seen at the fence, in one step with the check.
 *
 * The script is Lua, sees `KEYS` and `ARGV` as usual, and is kept by the server: make it once, and pass what changes as
 * arguments.
 *
 * @example
 * ```ts
 * const saveReport = new FencedScript(`return redis.call('SET', KEYS[1], ARGV[1])`);
 *
 * await saveReport.run(redis, {
 *   fence: '{report}:fence',
 *   fencingToken: run.fencingToken,
 *   keys: ['{report}:body'],
 *   args: [body],
 * });
 * ```
 */
export class FencedScript {
  readonly #script: LuaScript;

  constructor(source: string) {
    this.#script = new LuaScript(`
local newest = tonumber(redis.call('GET', KEYS[1]) or 0)
if not newest then return redis.error_reply('FOREIGN ' .. KEYS[1] .. ' holds no fencing token') end
if tonumber(ARGV[1]) < newest then return {0, string.format('%.0f', newest)} end
redis.call('SET', KEYS[1], ARGV[1])
local function script(KEYS, ARGV)
${source}
end
return {1, script({unpack(KEYS, 2)}, {unpack(ARGV, 2)})}`);
  }

  /**
   * @returns what the script returned, or `undefined`.
   * @throws StaleFencingTokenError if a greater token has been seen: nothing was written.
   * @throws what the client throws. The script may have been called then; to call it again with this token is allowed.
   */
  async run(client: Pick<RedisClient, 'eval' | 'evalsha'>, write: FencedWrite): Promise<unknown> {
    const { fence, fencingToken, keys = [], args = [] } = write;
    if (!Number.isSafeInteger(fencingToken) || fencingToken < 1) {
      throw new RangeError(`${fencingToken} is no fencing token. Pass that of your run or lease.`);
    }
    const all = [fence, ...keys, fencingToken, ...args];
    const [written, value] = (await this.#send(client, keys.length + 1, all)) as readonly [
      number | string,
      unknown,
    ];
    if (Number(written) !== 1) throw new StaleFencingTokenError(fence, fencingToken, Number(value));
    return value;
  }

  async #send(
    client: Pick<RedisClient, 'eval' | 'evalsha'>,
    keyCount: number,
    keysAndArguments: readonly (string | number)[],
  ): Promise<unknown> {
    try {
      return await client.evalsha(this.#script.sha, keyCount, ...keysAndArguments);
    } catch (thrown) {
      if (!isNoScript(thrown)) throw thrown;
      return client.eval(this.#script.source, keyCount, ...keysAndArguments);
    }
  }
}
