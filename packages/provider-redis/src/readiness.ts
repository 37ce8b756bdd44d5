import { StoreError, untilAborted } from '@leased-jobs/core';
import type { RedisClient } from './redis-client.js';
import { redisStoreError } from './redis-store-error.js';

/**
 * Waits until a client has a connection, instead of leaving commands to its queue: a queued command is carried out even
 * after its caller has given up, and one that was never sent is known to have done nothing.
 */
export class Readiness {
  readonly #client: RedisClient;
  readonly #reopens: boolean;
  /** One for all who wait, so that many calls at once do not add as many listeners. */
  #pending: Promise<void> | null = null;
  /** Why the last attempt failed: a connection that is closed after an error does not tell why. */
  #failure: StoreError | null = null;

  /** `reopens`: whether a connection that has ended is begun again by the next call. That is the owner's decision. */
  constructor(client: RedisClient, reopens: boolean) {
    this.#client = client;
    this.#reopens = reopens;
  }

  /**
   * Outlasts one connection that closes without an error, if the client begins another by itself.
   *
   * @throws StoreError if the connection fails, which then has been sent nothing; or the signal's reason.
   */
  wait(signal: AbortSignal): Promise<void> {
    return untilAborted(signal, () => (this.#pending ??= this.#next()));
  }

  #next(): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const client = this.#client;
      const end = (error?: StoreError): void => {
        this.#pending = null;
        client.off('ready', onReady);
        client.off('error', onError);
        client.off('reconnecting', onReconnecting);
        client.off('end', onEnd);
        if (error) reject(error);
        else resolve();
      };
      const onReady = (): void => {
        this.#failure = null;
        end();
      };
      const onError = (thrown: unknown): void => {
        this.#failure = redisStoreError(thrown, false);
        end(this.#failure);
      };
      // Not `close`, which a Cluster says once for each of its nodes. It closes without an error if the node that it asks
      // whether all is well falls silent, and may ask another next. If that fails too, it is told.
      const onReconnecting = (): void => {
        if (this.#failure) end(this.#failure);
        else this.#failure = closedTooEarly();
      };
      const onEnd = (): void => end(this.#failure ?? closedTooEarly());
      client.on('ready', onReady);
      client.on('error', onError);
      client.on('reconnecting', onReconnecting);
      client.on('end', onEnd);
      if (client.status === 'wait' || (client.status === 'end' && this.#reopens)) this.#connect();
      else if (client.status === 'end') end(closedError());
    });
  }

  /** How it fails is told by its events. */
  #connect(): void {
    this.#client.connect().catch(() => {});
  }
}

function closedTooEarly(): StoreError {
  return redisStoreError(new Error('the connection was closed before it was ready'), false);
}

export function closedError(): StoreError {
  return new StoreError('This Redis client is closed. Open another one, or close it later.', {
    kind: 'invalid',
    applied: 'no',
  });
}
