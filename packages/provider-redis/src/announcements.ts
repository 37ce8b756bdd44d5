import type { RedisSubscriber } from './redis-client.js';
import { closedError } from './readiness.js';
import { redisStoreError } from './redis-store-error.js';

/**
 * Tells who waits for a lock that it was released. All who wait share one connection, which is made when the first of
 * them comes; a channel is subscribed to while somebody waits for it.
 *
 * A message that was sent before the subscription began, or while the connection was broken, reaches nobody. So whenever
 * a subscription has begun, each who waits looks for himself.
 */
export class Announcements {
  readonly #open: () => RedisSubscriber;
  readonly #topics = new Map<string, Topic>();
  #subscriber: RedisSubscriber | null = null;
  #closed = false;

  constructor(open: () => RedisSubscriber) {
    this.#open = open;
  }

  /**
   * Resolves when something is announced, or when `isOver` says so once the subscription has begun.
   *
   * @throws StoreError if the connection fails; or the signal's reason.
   */
  wait(channel: string, isOver: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#closed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      const leave = (settle: () => void): void => {
        signal.removeEventListener('abort', onAbort);
        this.#leave(channel, waiter);
        settle();
      };
      const onAbort = (): void => {
        waiter.fail(signal.reason);
      };
      const waiter: Waiter = {
        tell: () => {
          leave(resolve);
        },
        fail: (reason) => {
          leave(() => {
            reject(reason);
          });
        },
        look: async () => {
          try {
            if (await isOver()) waiter.tell();
          } catch (thrown) {
            waiter.fail(thrown);
          }
        },
      };
      signal.addEventListener('abort', onAbort);
      try {
        this.#join(channel, waiter);
      } catch (thrown) {
        waiter.fail(redisStoreError(thrown, false));
      }
    });
  }

  close(): void {
    this.#closed = true;
    this.#drop(closedError());
  }

  #join(channel: string, waiter: Waiter): void {
    const known = this.#topics.get(channel);
    const topic = known ?? { waiters: new Set(), listening: false };
    topic.waiters.add(waiter);
    if (topic.listening) void waiter.look();
    if (known) return;
    this.#topics.set(channel, topic);
    this.#subscriber ??= this.#connect();
    if (this.#subscriber.status === 'ready') void this.#subscribe(this.#subscriber, [channel]);
  }

  #leave(channel: string, waiter: Waiter): void {
    const topic = this.#topics.get(channel);
    if (!topic?.waiters.delete(waiter) || topic.waiters.size > 0) return;
    this.#topics.delete(channel);
    if (this.#subscriber?.status !== 'ready') return;
    // A subscription that stays costs a message that nobody hears.
    this.#subscriber.unsubscribe(channel).catch(() => {});
  }

  #connect(): RedisSubscriber {
    const subscriber = this.#open();
    let failure: unknown;
    subscriber.on('message', (channel) => {
      for (const waiter of this.#topics.get(String(channel))?.waiters ?? []) waiter.tell();
    });
    subscriber.on('ready', () => {
      void this.#subscribe(subscriber, [...this.#topics.keys()]);
    });
    subscriber.on('error', (error) => {
      failure = error;
      // Wrong credentials do not get better. What the other connection is told of them is loud enough.
      if (redisStoreError(error, false).kind === 'denied') subscriber.disconnect();
    });
    subscriber.on('close', () => {
      for (const topic of this.#topics.values()) topic.listening = false;
    });
    subscriber.on('end', () => {
      if (this.#subscriber !== subscriber) return;
      this.#drop(redisStoreError(failure ?? new Error('the connection that listens was closed'), true));
    });
    subscriber.connect().catch(() => {});
    return subscriber;
  }

  /** Never rejects. */
  async #subscribe(subscriber: RedisSubscriber, channels: readonly string[]): Promise<void> {
    if (channels.length === 0 || subscriber !== this.#subscriber) return;
    const topics = channels.flatMap((channel) => this.#topics.get(channel) ?? []);
    try {
      await subscriber.subscribe(...channels);
    } catch (thrown) {
      const error = redisStoreError(thrown, true);
      // A connection that has broken comes back by itself; a refusal does not.
      if (error.kind === 'transient') return;
      for (const topic of topics) for (const waiter of topic.waiters) waiter.fail(error);
    }
    for (const topic of topics) {
      topic.listening = true;
      for (const waiter of topic.waiters) void waiter.look();
    }
  }

  #drop(reason: Error): void {
    const subscriber = this.#subscriber;
    this.#subscriber = null;
    subscriber?.disconnect();
    for (const topic of this.#topics.values()) for (const waiter of topic.waiters) waiter.fail(reason);
  }
}

interface Topic {
  readonly waiters: Set<Waiter>;
  /** Whether a message sent from now on arrives. */
  listening: boolean;
}

interface Waiter {
  tell(): void;
  fail(reason: unknown): void;
  /** Never rejects. */
  look(): Promise<void>;
}
