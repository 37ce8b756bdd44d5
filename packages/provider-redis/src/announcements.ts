import type { Release, Watch } from '@leased-jobs/core';
import { reconnectDelay } from './connection-options.js';
import type { RedisSubscriber } from './redis-client.js';
import { redisStoreError } from './redis-store-error.js';

/**
 * Tells those who watch a lock of its releases. All of them share one connection, which is made when the first comes;
 * a channel is subscribed to while somebody watches it. Nothing here keeps the process alive.
 *
 * A message that was sent before the subscription began, or while the connection was broken, reaches nobody. So whenever
 * a subscription has begun, those who watch are told of a release of which nothing is known.
 */
export class Announcements {
  readonly #open: () => RedisSubscriber;
  readonly #topics = new Map<string, Topic>();
  #subscriber: RedisSubscriber | null = null;
  #failures = 0;
  #reopening: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(open: () => RedisSubscriber) {
    this.#open = open;
  }

  watch(channel: string, onRelease: (release: Release) => void): Watch {
    const watcher: Watcher = { tell: onRelease };
    if (!this.#closed) this.#join(channel, watcher);
    return {
      close: () => {
        this.#leave(channel, watcher);
      },
    };
  }

  close(): void {
    this.#closed = true;
    this.#topics.clear();
    this.#drop();
  }

  #join(channel: string, watcher: Watcher): void {
    const known = this.#topics.get(channel);
    const topic = known ?? { watchers: new Set(), listening: false };
    topic.watchers.add(watcher);
    if (topic.listening) queueMicrotask(() => topic.watchers.has(watcher) && watcher.tell({}));
    if (!known) this.#topics.set(channel, topic);
    if (!this.#subscriber && !this.#reopening) this.#connect();
    else if (!known && this.#subscriber?.status === 'ready')
      void this.#subscribe(this.#subscriber, [channel]);
  }

  #leave(channel: string, watcher: Watcher): void {
    const topic = this.#topics.get(channel);
    if (!topic?.watchers.delete(watcher) || topic.watchers.size > 0) return;
    this.#topics.delete(channel);
    if (this.#subscriber?.status !== 'ready') return;
    // A subscription that stays costs a message that nobody hears.
    this.#subscriber.unsubscribe(channel).catch(() => {});
  }

  #connect(): void {
    try {
      this.#subscriber = this.#listenOn(this.#open());
    } catch (thrown) {
      this.#failed(thrown);
    }
  }

  #listenOn(subscriber: RedisSubscriber): RedisSubscriber {
    let failure: unknown;
    subscriber.on('connect', () => {
      subscriber.stream?.unref();
    });
    subscriber.on('ready', () => {
      this.#failures = 0;
      void this.#subscribe(subscriber, [...this.#topics.keys()]);
    });
    subscriber.on('message', (channel, message) => {
      const release = releaseOf(String(message));
      for (const watcher of this.#topics.get(String(channel))?.watchers ?? []) watcher.tell(release);
    });
    subscriber.on('error', (thrown) => {
      failure = thrown;
    });
    subscriber.on('end', () => {
      if (subscriber === this.#subscriber) this.#failed(failure);
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
    } catch {
      // A connection that has broken comes back; where we may not listen, who waits asks again by himself.
      return;
    }
    for (const topic of topics) {
      topic.listening = true;
      for (const watcher of topic.watchers) watcher.tell({});
    }
  }

  /** Opens another connection in a while, perhaps to another node. Wrong credentials are tried again by the next watch. */
  #failed(thrown: unknown): void {
    this.#drop();
    const denied = redisStoreError(thrown, false).kind === 'denied';
    if (this.#topics.size === 0 || denied) return;
    this.#reopening = setTimeout(() => {
      this.#reopening = undefined;
      if (this.#topics.size > 0) this.#connect();
    }, reconnectDelay(++this.#failures)).unref();
  }

  #drop(): void {
    clearTimeout(this.#reopening);
    this.#reopening = undefined;
    const subscriber = this.#subscriber;
    this.#subscriber = null;
    for (const topic of this.#topics.values()) topic.listening = false;
    if (subscriber && subscriber.status !== 'end') subscriber.disconnect();
  }
}

interface Topic {
  readonly watchers: Set<Watcher>;
  /** Whether a message sent from now on arrives. */
  listening: boolean;
}

/** An object for each watch: two may have one function. */
interface Watcher {
  readonly tell: (release: Release) => void;
}

/** `<slot> <job>` if the release has marked a slot, else a word. */
function releaseOf(message: string): Release {
  const [, slot, job] = /^(\S+) (.*)$/s.exec(message) ?? [];
  if (slot === undefined || job === undefined || !Number.isFinite(Number(slot))) return {};
  return { done: { job, slot: Number(slot) } };
}
