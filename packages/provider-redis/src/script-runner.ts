import type { LuaScript } from './lua-script.js';
import { closedError, Readiness } from './readiness.js';
import type { RedisClient } from './redis-client.js';
import { isNoScript, redisStoreError } from './redis-store-error.js';
import { untilAborted } from './until-aborted.js';

type Argument = string | number;

/**
 * Sends scripts and other commands to Redis, each of them once, and settles when the signal aborts whatever the client
 * does then. What it rejects with is a `StoreError` or the signal's reason.
 */
export class ScriptRunner {
  readonly #client: RedisClient;
  readonly #readiness: Readiness;
  #closed = false;

  constructor(client: RedisClient, reopens: boolean) {
    this.#client = client;
    this.#readiness = new Readiness(client, reopens);
  }

  run(
    script: LuaScript,
    keys: readonly string[],
    args: readonly Argument[],
    signal: AbortSignal,
  ): Promise<unknown> {
    return this.ask(() => this.#send(script, keys, args, signal), signal);
  }

  /** For commands that are no script. `command` is called when there is a connection. */
  ask<T>(command: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return untilAborted(signal, () =>
      this.#client.status === 'ready' && !this.#closed
        ? translated(command())
        : this.#whenReady(command, signal),
    );
  }

  close(): void {
    this.#closed = true;
  }

  async #whenReady<T>(command: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#closed) throw closedError();
    await this.#readiness.wait(signal);
    signal.throwIfAborted();
    return translated(command());
  }

  /** A server that does not know a script by its name has done nothing, and is sent the script itself. */
  async #send(
    script: LuaScript,
    keys: readonly string[],
    args: readonly Argument[],
    signal: AbortSignal,
  ): Promise<unknown> {
    try {
      return await this.#client.evalsha(script.sha, keys.length, ...keys, ...args);
    } catch (thrown) {
      if (!isNoScript(thrown)) throw thrown;
      signal.throwIfAborted();
      return this.#client.eval(script.source, keys.length, ...keys, ...args);
    }
  }
}

async function translated<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (thrown) {
    throw redisStoreError(thrown, true);
  }
}
