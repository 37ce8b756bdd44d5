import { untilAborted } from '@leased-jobs/core';
import { closedError, Readiness } from './readiness.js';
import type { RedisClient } from './redis-client.js';
import { isNoScript, redisStoreError } from './redis-store-error.js';
import { type ScriptCall, ScriptBatches } from './script-batches.js';

/**
 * Sends scripts and other commands to Redis, each of them once, and settles when the signal aborts whatever the client
 * does then. What it rejects with is a `StoreError` or the signal's reason.
 */
export class ScriptRunner {
  readonly #client: RedisClient;
  readonly #readiness: Readiness;
  readonly #batches: ScriptBatches;
  #closed = false;

  constructor(client: RedisClient, reopens: boolean) {
    this.#client = client;
    this.#readiness = new Readiness(client, reopens);
    this.#batches = new ScriptBatches(client);
  }

  run(call: ScriptCall, signal: AbortSignal): Promise<unknown> {
    // A server that does not know a script by its name has done nothing, and is sent the script itself.
    const callByText = (thrown: unknown): Promise<unknown> => {
      if (!isNoScript(thrown)) throw thrown;
      signal.throwIfAborted();
      const { script, keys, args } = call;
      return this.#client.eval(script.source, keys.length, ...keys, ...args);
    };
    return this.ask(() => this.#batches.call(call, signal), signal, callByText);
  }

  /**
   * For commands that are no script. `command` is called when there is a connection, and `instead` if it has failed.
   * Every answer passes here, so nothing is awaited that need not be.
   */
  ask<T>(
    command: () => Promise<T>,
    signal: AbortSignal,
    instead: (thrown: unknown) => Promise<T> = rethrow,
  ): Promise<T> {
    const recover = async (thrown: unknown): Promise<T> => {
      try {
        return await instead(thrown);
      } catch (last) {
        throw redisStoreError(last, true);
      }
    };
    const isReady = this.#client.status === 'ready' && !this.#closed;
    return untilAborted(signal, isReady ? command : () => this.#whenReady(command, signal), recover);
  }

  close(): void {
    this.#closed = true;
  }

  async #whenReady<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#closed) throw closedError();
    await this.#readiness.wait(signal);
    signal.throwIfAborted();
    return call();
  }
}

function rethrow(thrown: unknown): never {
  throw thrown;
}
