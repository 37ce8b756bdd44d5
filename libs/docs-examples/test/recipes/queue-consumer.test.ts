import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@leased-jobs/testing';
import { OrderConsumerModule } from '../../src/recipes/queue-consumer.js';
import { fakeFetch } from './fake-fetch.js';
import { BEGUN, RecipeCluster, TAKEN_OVER } from './recipe-cluster.js';

/** A queue that hands out its first message until that is deleted, and a shop that refuses late writers. */
function queueAndShop() {
  const queue: { readonly id: string; readonly order: string; readonly state: string }[] = [];
  const written: string[] = [];
  const tokens: number[] = [];
  let waiting = (): void => {};
  let waiters = 0;
  let mostWaiters = 0;
  let largestToken = 0;
  let failures = 0;
  const nextMessage = async (): Promise<string> => {
    mostWaiters = Math.max(mostWaiters, ++waiters);
    try {
      if (queue.length === 0) await new Promise<void>((resolve) => (waiting = resolve));
      return JSON.stringify(queue[0]);
    } finally {
      waiters--;
    }
  };
  fakeFetch(({ method, path, headers, body }) => {
    if (method === 'GET') return nextMessage();
    if (method === 'DELETE') return (void queue.shift(), 200);
    if (failures > 0) return (failures--, 500);
    const token = Number(headers.get('Fencing-Token'));
    if (token < largestToken) return 409;
    largestToken = token;
    tokens.push(token);
    written.push(`${path.split('/')[2]} ${(JSON.parse(body) as { state: string }).state}`);
    return 200;
  });
  let ids = 0;
  return {
    written,
    tokens,
    put(order: string, state: string): void {
      queue.push({ id: String(++ids), order, state });
      waiting();
    },
    fails: (times: number) => (failures = times),
    get consumers() {
      return mostWaiters;
    },
  };
}

describe('the queue consumer', () => {
  it('handles messages in order, on one instance of two', async () => {
    const clock = new ManualClock();
    const cluster = new RecipeCluster(OrderConsumerModule, clock);
    const queue = queueAndShop();
    await cluster.start();
    await cluster.start();
    await clock.advance(BEGUN);
    for (const state of ['paid', 'packed', 'sent']) queue.put('7', state);
    await clock.advance(BEGUN);
    expect(queue.written).toEqual(['7 paid', '7 packed', '7 sent']);
    expect(queue.consumers).toBe(1);
  });

  it('goes on at once on the other instance when a deployment stops the first', async () => {
    const clock = new ManualClock();
    const cluster = new RecipeCluster(OrderConsumerModule, clock);
    const queue = queueAndShop();
    const first = await cluster.start();
    await clock.advance(BEGUN);
    await cluster.start();
    await clock.advance(BEGUN);
    await first.close();
    queue.put('7', 'paid');
    await clock.advance(100);
    expect(queue.written).toEqual(['7 paid']);
  });

  it('goes on within a ttl on the other instance when the first dies', async () => {
    const clock = new ManualClock();
    const cluster = new RecipeCluster(OrderConsumerModule, clock);
    const queue = queueAndShop();
    const first = await cluster.start();
    await clock.advance(BEGUN);
    await cluster.start();
    first.kill();
    await clock.advance(TAKEN_OVER);
    queue.put('7', 'paid');
    await clock.advance(100);
    expect(queue.written).toEqual(['7 paid']);
  });

  it('keeps a message that could not be handled, and comes back to it', async () => {
    const clock = new ManualClock();
    const cluster = new RecipeCluster(OrderConsumerModule, clock);
    const queue = queueAndShop();
    queue.fails(2);
    queue.put('7', 'paid');
    await cluster.start();
    await clock.advance(10_000);
    expect(cluster.ended.map(({ report }) => report.outcome)).toEqual(['failed', 'failed']);
    expect(queue.written).toEqual(['7 paid']);
  });

  it('does nothing with a message that comes to a process which was paused for longer than its ttl', async () => {
    const clock = new ManualClock();
    const cluster = new RecipeCluster(OrderConsumerModule, clock);
    const queue = queueAndShop();
    await cluster.start();
    await clock.advance(BEGUN);
    // When it wakes up, the message is there before any of its timers has fired.
    await clock.freeze(40_000, () => {
      queue.put('7', 'paid');
      return [];
    });
    expect(queue.written).toEqual([]);
    await clock.advance(BEGUN);
    expect(cluster.ended.map(({ report }) => report.outcome)).toEqual(['lost']);
    expect(queue.written).toEqual(['7 paid']);
    expect(queue.tokens[0]).toBeGreaterThan(cluster.ended[0]?.report.fencingToken ?? Infinity);
  });
});
