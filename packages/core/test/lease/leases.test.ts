import { describe, expect, it } from '@jest/globals';
import {
  ConfigurationError,
  type LeaseEvent,
  Leases,
  MemoryLeaseProvider,
  MemoryStore,
  StoreError,
} from '@leased-jobs/core';
import { ManualClock, SeededRandom } from '@leased-jobs/testing';
import { deaf, ScriptedProvider, silent, wakeUpToTheAnswerFirst } from '../support/scripted-provider.js';

function world() {
  const clock = new ManualClock();
  const first = new ScriptedProvider(clock);
  const second = new ScriptedProvider(clock, first.store);
  const events: LeaseEvent[] = [];
  const leases = (provider: ScriptedProvider, seed: number, namespace = 'shop'): Leases =>
    new Leases({
      provider,
      clock,
      random: new SeededRandom(seed),
      emit: (event) => void events.push(event),
      instance: `web-${seed}`,
      namespace,
      ttl: 10_000,
    });
  return {
    clock,
    provider: first,
    other: second,
    events,
    one: leases(first, 1),
    two: leases(second, 2),
    leases,
  };
}

describe('tryAcquire', () => {
  it('gives the lease to one, and null to the other', async () => {
    const { one, two } = world();
    expect(await one.tryAcquire('report')).toMatchObject({ lock: 'report', fencingToken: 1 });
    expect(await two.tryAcquire('report')).toBeNull();
  });

  it('keeps apps apart that share a store by their namespaces', async () => {
    const { one, leases, other } = world();
    await one.tryAcquire('report');
    expect(await leases(other, 3, 'blog').tryAcquire('report')).not.toBeNull();
  });

  it('gets the very grant whose answer was lost, within a second', async () => {
    const { clock, provider, one } = world();
    let lost = 0;
    provider.scripts.set('acquire', async (carryOut, signal) => {
      const answer = await carryOut();
      return lost++ === 0 ? silent(carryOut, signal) : answer;
    });
    const acquiring = one.tryAcquire('report');
    await clock.advance(1_000);
    expect(await acquiring).toMatchObject({ fencingToken: 1 });
    expect(new Set(provider.grantIds).size).toBe(1);
  });

  it('throws what a store says that cannot be asked, and gives back what it may have granted', async () => {
    const { clock, provider, one, two } = world();
    provider.scripts.set('acquire', async (carryOut) => {
      await carryOut();
      throw new StoreError('the connection broke', { kind: 'transient' });
    });
    const acquiring = one.tryAcquire('report');
    const failing = expect(acquiring).rejects.toThrow('the connection broke');
    await clock.advance(1_000);
    await failing;
    expect(await two.tryAcquire('report')).not.toBeNull();
  });

  it('does not give back what was never sent', async () => {
    const { clock, provider, one } = world();
    provider.scripts.set('acquire', () =>
      Promise.reject(new StoreError('refused', { kind: 'transient', applied: 'no' })),
    );
    const failing = expect(one.tryAcquire('report')).rejects.toThrow('refused');
    await clock.advance(1_000);
    await failing;
    expect(provider.times('release')).toEqual([]);
  });

  it('gives back what an earlier try may have been granted, though the last one was not', async () => {
    const { clock, provider, one } = world();
    provider.scripts.set('acquire', () =>
      Promise.reject(
        new StoreError('away', {
          kind: 'transient',
          applied: provider.grantIds.length === 1 ? 'unknown' : 'no',
        }),
      ),
    );
    const failing = expect(one.tryAcquire('report')).rejects.toThrow('away');
    await clock.advance(1_000);
    await failing;
    expect(provider.times('release')).toHaveLength(1);
  });

  it('asks a store that denies only once', async () => {
    const { provider, one } = world();
    provider.scripts.set('acquire', () =>
      Promise.reject(new StoreError('wrong password', { kind: 'denied' })),
    );
    await expect(one.tryAcquire('report')).rejects.toThrow('wrong password');
    expect(provider.times('acquire')).toHaveLength(1);
  });

  it('ends within its bounds although the provider never settles', async () => {
    const { clock, provider, one } = world();
    provider.scripts.set('acquire', deaf);
    const failing = expect(one.tryAcquire('report')).rejects.toThrow(/did not answer/);
    await clock.advance(10_000);
    await failing;
  });

  it('takes a provider that throws for one that cannot be asked', async () => {
    const { clock, provider, one } = world();
    provider.scripts.set('acquire', () => {
      throw new TypeError('a bug in a provider');
    });
    const failing = expect(one.tryAcquire('report')).rejects.toBeInstanceOf(StoreError);
    await clock.advance(1_000);
    await failing;
  });

  it('does not hold a lease that was granted too long ago to be of use', async () => {
    const { clock, provider, one } = world();
    provider.scripts.set('acquire', async (carryOut) => {
      const answer = await carryOut();
      wakeUpToTheAnswerFirst(clock, 9_500);
      return answer;
    });
    const failing = expect(one.tryAcquire('report')).rejects.toThrow(/too late/);
    await clock.advance(60_000);
    await failing;
  });

  it.each(['', 'x'.repeat(300), '\udc00'])('refuses the name %j', async (name) => {
    const { one, provider } = world();
    await expect(one.tryAcquire(name)).rejects.toBeInstanceOf(ConfigurationError);
    expect(provider.calls).toEqual([]);
  });

  it.each([0, -1, Number.NaN, 1.5, 1_000, 600_001])('refuses a ttl of %d ms', async (ttl) => {
    const { one, provider } = world();
    await expect(one.tryAcquire('report', { ttl })).rejects.toThrow(`A ttl of ${ttl} ms`);
    expect(provider.calls).toEqual([]);
  });
});

describe('acquire', () => {
  it('waits until the lock is free', async () => {
    const { clock, one, two } = world();
    const lease = await one.tryAcquire('report');
    const waiting = two.acquire('report', { wait: 60_000 });
    await clock.advance(5_000);
    await lease?.release();
    await clock.advance(12_000);
    expect(await waiting).toMatchObject({ fencingToken: 2 });
  });

  it('goes on at once when the store tells that the lock was released, and leaves nothing behind', async () => {
    const clock = new ManualClock();
    const store = new MemoryStore(clock);
    const leases = (instance: string, seed: number): Leases =>
      new Leases({
        provider: new MemoryLeaseProvider(store),
        clock,
        random: new SeededRandom(seed),
        emit: () => {},
        instance,
        namespace: '',
        ttl: 10_000,
      });
    const first = await leases('web-1', 1).tryAcquire('report');
    const waiting = leases('web-2', 2).acquire('report', { wait: 60_000 });
    await clock.advance(1_000);
    await first?.release();
    const second = await waiting;
    expect(second).toMatchObject({ fencingToken: 2 });
    await second?.release();
    await clock.advance(0);
    expect(clock.pending).toEqual([]);
    expect(store.watchers.size).toBe(0);
  });

  it('gives null after its wait', async () => {
    const { clock, one, two } = world();
    await one.tryAcquire('report');
    const waiting = two.acquire('report', { wait: 25_000 });
    await clock.advance(25_000);
    expect(await waiting).toBeNull();
  });

  it('rejects with the reason of a signal that aborts, and leaves nothing behind', async () => {
    const { clock, one, two } = world();
    const lease = await one.tryAcquire('report');
    const controller = new AbortController();
    const waiting = two.acquire('report', { wait: 25_000, signal: controller.signal });
    const failing = expect(waiting).rejects.toThrow('changed my mind');
    await clock.advance(1_000);
    controller.abort(new Error('changed my mind'));
    await failing;
    await lease?.release();
    await clock.advance(0);
    expect(clock.pending).toEqual([]);
  });

  it('rejects at once, without a request, with a signal that has aborted', async () => {
    const { provider, one } = world();
    const signal = AbortSignal.abort(new Error('never mind'));
    await expect(one.acquire('report', { wait: 1_000, signal })).rejects.toThrow('never mind');
    expect(provider.times('acquire')).toEqual([]);
  });

  it.each([-1, Number.NaN, '5s'])('refuses to wait %p ms', async (wait) => {
    const { one } = world();
    await expect(one.acquire('report', { wait: wait as number })).rejects.toThrow(/Choose a number/);
  });
});

describe('withLease', () => {
  it('gives the value of the work, and frees the lock after it', async () => {
    const { one, two } = world();
    expect(await one.withLease('report', async ({ fencingToken }) => `fence ${fencingToken}`)).toEqual({
      ran: true,
      value: 'fence 1',
    });
    expect(await two.tryAcquire('report')).not.toBeNull();
  });

  it('tells why the work was not called', async () => {
    const { one, two } = world();
    await one.tryAcquire('report');
    expect(await two.withLease('report', () => 'never')).toMatchObject({
      ran: false,
      refusal: { refused: 'held', holder: 'web-1' },
    });
  });

  it('frees the lock when the work throws, and throws it on', async () => {
    const { one, two } = world();
    const work = one.withLease('report', () => Promise.reject(new Error('no paper')));
    await expect(work).rejects.toThrow('no paper');
    expect(await two.tryAcquire('report')).not.toBeNull();
  });
});

describe('read', () => {
  it('tells who holds a lock, by the name that the app uses', async () => {
    const { one, two } = world();
    expect(await two.read('report')).toBeNull();
    await one.tryAcquire('report');
    expect(await two.read('report')).toMatchObject({
      lock: 'report',
      lease: { holder: 'web-1', expiresIn: 10_000 },
    });
  });
});
