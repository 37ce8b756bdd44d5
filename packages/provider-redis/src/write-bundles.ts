import type { RedisClient } from './redis-client.js';

/**
 * Has the commands of one turn of the event loop leave in bundles: a write to a socket costs more than a command does. The
 * first leaves at once, so that one alone is not kept waiting; a bundle is small enough that the server works on it while
 * the next one grows.
 */
export class WriteBundles {
  readonly #client: RedisClient;
  #commands = 0;
  #corked: Corkable | undefined;

  constructor(client: RedisClient) {
    this.#client = client;
  }

  /** Called before each command. A Cluster's client has no one socket, and writes each command by itself. */
  next(): void {
    const commands = this.#commands++;
    if (commands === 0) process.nextTick(this.#endTurn);
    else if (commands % BUNDLE === 1) this.#begin();
  }

  #begin(): void {
    this.#corked?.uncork();
    this.#corked = this.#client.stream;
    this.#corked?.cork();
  }

  /** Runs when what this turn has brought about is done, promises included. */
  readonly #endTurn = (): void => {
    this.#commands = 0;
    this.#corked?.uncork();
    this.#corked = undefined;
  };
}

type Corkable = NonNullable<RedisClient['stream']>;

const BUNDLE = 16;
