import { describe, expect, it } from '@jest/globals';
import { ManualClock, SeededRandom } from '@leased-jobs/testing';
import { type LeaseEvent, LeaseLostError, Leases, leaseTiming } from '../../src/index.js';
import { WorkerKeeper } from '../../src/renewal/worker-keeper.js';
import { ScriptedProvider, silent } from '../support/scripted-provider.js';
import { LinkedWorker, MainThread } from '../support/two-threads.js';

const TTL = 10_000;
// 10 000 - 1 % - 50 of granularity - 10 % of grace
const DEADLINE = 8_850;
const MAX_BLOCKED = 20_000;

async function kept({
  starts = true,
  begins = true,
  maxHold,
}: { starts?: boolean; begins?: boolean; maxHold?: number } = {}) {
  const clock = new ManualClock();
  const provider = new ScriptedProvider(clock);
  /** The worker's own. */
  const inWorker = new ScriptedProvider(clock, provider.store);
  const main = new MainThread(clock);
  const events: LeaseEvent[] = [];
  const gone: Error[] = [];
  let worker: LinkedWorker | undefined;
  const keeper = new WorkerKeeper({
    clock: main,
    maxBlocked: MAX_BLOCKED,
    open: (settings) => (worker = new LinkedWorker(main, clock, inWorker, settings, begins)),
    onGone: (error) => void gone.push(error),
  });
  if (starts) keeper.start();
  const leases = new Leases({
    provider,
    clock: main,
    random: new SeededRandom(1),
    emit: (event) => void events.push(event),
    instance: 'web-1',
    namespace: '',
    ttl: TTL,
    keeper,
  });
  const timing = leaseTiming(TTL, provider.limits, provider.name);
  const lease = await leases.attempt('report', { timing, maxHold });
  if (!('signal' in lease)) throw new Error('nobody else holds it');
  const types = () => events.map(({ type }) => type);
  if (starts && !worker) throw new Error('it was not opened');
  return {
    clock,
    provider,
    inWorker,
    main,
    keeper,
    leases,
    lease,
    types,
    gone,
    worker: worker as LinkedWorker,
  };
}

describe('a lease that a worker renews', () => {
  it('is renewed every third of its ttl through the connection of the worker, and through no other', async () => {
    const { clock, provider, inWorker, lease, types } = await kept();
    await clock.advance(60_000);
    expect(inWorker.times('renew').slice(0, 2)).toEqual([TTL / 3, (2 * TTL) / 3]);
    expect(provider.times('renew')).toEqual([]);
    expect(lease.signal.aborted).toBe(false);
    expect(types().filter((type) => type === 'renewed').length).toBeGreaterThan(15);
  });

  it('is trusted in the middle of a blocked event loop, and after it, for as long as the worker renews it', async () => {
    const { clock, main, lease } = await kept();
    await clock.advance(1_000);
    main.block();
    await clock.advance(2 * TTL - 1_000);
    expect(() => lease.throwIfLost()).not.toThrow();
    expect(lease.remaining).toBeGreaterThan(DEADLINE - TTL / 3 - 100);
    main.unblock();
    await clock.advance(60_000);
    expect(lease.signal.aborted).toBe(false);
  });

  it('is not renewed any more once the event loop has been blocked for longer than maxBlocked', async () => {
    const { clock, main, inWorker, lease, provider } = await kept();
    main.block();
    await clock.advance(MAX_BLOCKED + 1_000);
    const last = inWorker.times('renew').at(-1) ?? 0;
    expect(last).toBeLessThanOrEqual(MAX_BLOCKED + 1_000);
    expect(last).toBeGreaterThan(MAX_BLOCKED - TTL / 3 - 1_000);
    await clock.advance(last + DEADLINE - clock.monotonic());
    // Its holder knows before anybody else can be granted it.
    expect(() => lease.throwIfLost()).toThrow('was not renewed in time');
    expect((await provider.read('report', NEVER))?.lease).not.toBeNull();
    main.unblock();
    expect(lease.signal.aborted).toBe(true);
  });

  it('is renewed again if the event loop turns before its deadline', async () => {
    const { clock, main, lease, types } = await kept();
    main.block();
    await clock.advance(MAX_BLOCKED + TTL / 3);
    expect(() => lease.throwIfLost()).not.toThrow();
    main.unblock();
    await clock.advance(60_000);
    expect(lease.signal.aborted).toBe(false);
    expect(types()).toContain('store-failed');
  });

  it('counts a renewal from its sending, when the answer to the worker takes 0.4 s', async () => {
    const { clock, inWorker, lease } = await kept();
    inWorker.scripts.set('renew', async (carryOut) => {
      const answer = await carryOut();
      await new Promise<void>((resolve) => void clock.setTimer(400, resolve, true));
      return answer;
    });
    await clock.advance(TTL / 3 + 400);
    expect(lease.remaining).toBeCloseTo(DEADLINE - 400, 0);
  });

  it('is not renewed for longer than its maxHold', async () => {
    const { clock, inWorker, lease } = await kept({ maxHold: 15_000 });
    await clock.advance(40_000);
    expect(inWorker.times('renew').at(-1)).toBeLessThan(15_000);
    expect(lease.signal.reason).toMatchObject({ name: 'LeaseLostError' });
  });

  it('is lost at once, in a blocked event loop too, when the store tells the worker that it is gone', async () => {
    const { clock, main, inWorker, lease } = await kept();
    main.block();
    inWorker.scripts.set('renew', () => false);
    await clock.advance(TTL / 3 + 1);
    expect(() => lease.throwIfLost()).toThrow(LeaseLostError);
    expect(lease.signal.reason).toMatchObject({ reason: 'taken' });
  });

  it('aborts at its validity deadline while the renewals of the worker hang', async () => {
    const { clock, inWorker, lease, types } = await kept();
    inWorker.scripts.set('renew', silent);
    await clock.advance(DEADLINE - 1);
    expect(lease.signal.aborted).toBe(false);
    await clock.advance(2);
    expect(lease.signal.aborted).toBe(true);
    expect(types()).toContain('lost');
  });

  it('is not renewed after it was released, and its release waits for a renewal that is under way', async () => {
    const { clock, inWorker, provider, lease } = await kept();
    inWorker.scripts.set('renew', async (carryOut) => {
      await new Promise<void>((resolve) => void clock.setTimer(40, resolve, true));
      return carryOut();
    });
    await clock.advance(TTL / 3 + 10);
    const released = lease.release();
    expect(provider.times('release')).toEqual([]);
    await clock.advance(150);
    await released;
    const renewals = inWorker.times('renew').length;
    await clock.advance(60_000);
    expect(inWorker.times('renew')).toHaveLength(renewals);
    expect(provider.times('release')).toHaveLength(1);
  });

  it('is released although the worker does not answer', async () => {
    const { clock, provider, lease, worker } = await kept();
    worker.isDeaf = true;
    const released = lease.release();
    await clock.advance(300);
    await released;
    expect(provider.times('release')).toHaveLength(1);
  });
});

describe('a worker that ends by itself', () => {
  it('is told of once, and its leases are renewed by their holders', async () => {
    const { clock, provider, lease, worker, gone } = await kept();
    await clock.advance(TTL / 2);
    worker.crash(new Error('out of memory'));
    expect(gone.map(({ message }) => message)).toEqual(['out of memory']);
    await clock.advance(60_000);
    expect(provider.times('renew').length).toBeGreaterThan(10);
    expect(lease.signal.aborted).toBe(false);
  });
});

describe('a worker that does not begin', () => {
  it('is given up after five seconds, before a lease is lost by it', async () => {
    const { clock, provider, lease, worker, gone } = await kept({ begins: false });
    await clock.advance(5_000);
    expect(gone.map(({ message }) => message)).toEqual(['The renewing worker did not begin within 5000 ms.']);
    expect(worker.isTerminated).toBe(true);
    await clock.advance(60_000);
    expect(provider.times('renew').length).toBeGreaterThan(10);
    expect(lease.signal.aborted).toBe(false);
  });

  it('is not taken for one because the event loop was blocked when it should have told', async () => {
    const { clock, main, lease, gone } = await kept();
    main.block();
    await clock.advance(10_000);
    main.unblock();
    await clock.advance(10_000);
    expect(gone).toEqual([]);
    expect(lease.signal.aborted).toBe(false);
  });
});

describe('a worker that cannot be made', () => {
  it('is told of, and stops nothing: leases are renewed by their holders', async () => {
    const clock = new ManualClock();
    const gone: Error[] = [];
    const keeper = new WorkerKeeper({
      clock,
      maxBlocked: MAX_BLOCKED,
      open: () => {
        throw new Error('no more threads');
      },
      onGone: (error) => void gone.push(error),
    });
    expect(() => keeper.start()).not.toThrow();
    expect(gone.map(({ message }) => message)).toEqual(['no more threads']);
    expect(clock.pending).toEqual([]);
    await expect(keeper.close()).resolves.toBeUndefined();
  });
});

describe('a keeper', () => {
  it('leaves leases to their holders until it has started', async () => {
    const { clock, provider, lease } = await kept({ starts: false });
    await clock.advance(60_000);
    expect(provider.times('renew').length).toBeGreaterThan(10);
    expect(lease.signal.aborted).toBe(false);
  });

  it('keeps no process alive, and leaves nothing behind when it is closed', async () => {
    const { clock, keeper, leases, worker, inWorker, gone } = await kept();
    expect(worker.isRefd).toBe(false);
    const closing = leases.close().then(() => keeper.close());
    await clock.advance(500);
    await closing;
    expect({ isClosed: worker.isClosed, isTerminated: worker.isTerminated }).toEqual({
      isClosed: true,
      isTerminated: true,
    });
    expect(inWorker.times('close')).toHaveLength(1);
    expect(clock.pending).toEqual([]);
    expect(gone).toEqual([]);
    await expect(keeper.close()).resolves.toBeUndefined();
  });

  it('ends a worker that does not end by itself', async () => {
    const { clock, keeper, worker } = await kept();
    worker.isDeaf = true;
    const closing = keeper.close();
    await clock.advance(400);
    await closing;
    expect(worker.isTerminated).toBe(true);
  });

  it('waits no longer for a worker that cannot be ended, because its file system hangs', async () => {
    const { clock, keeper, leases, worker } = await kept();
    worker.isDeaf = true;
    worker.terminate = () => new Promise(() => {});
    let isClosed = false;
    void leases
      .close()
      .then(() => keeper.close())
      .then(() => (isClosed = true));
    await clock.advance(500);
    expect(isClosed).toBe(true);
  });
});

const NEVER = new AbortController().signal;
