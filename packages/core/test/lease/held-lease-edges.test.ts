import { describe, expect, it } from '@jest/globals';
import { StoreError } from '@leased-jobs/core';
import { ManualClock } from '@leased-jobs/testing';
import { leasesOf } from '../support/leases-of.js';
import { deaf, type Script, ScriptedProvider } from '../support/scripted-provider.js';

const TTL = 10_000;
const RENEW_EVERY = TTL / 3;
// 10 000 - 1 % - 50 of granularity - 10 % of grace
const DEADLINE = 8_850;

async function held(provider = new ScriptedProvider(new ManualClock())) {
  const { leases, events } = leasesOf(provider, { ttl: TTL });
  const lease = await leases.tryAcquire('report');
  if (lease === null) throw new Error('nobody else holds it');
  return { clock: provider.clock, provider, leases, lease, events };
}

/** The store agrees, and the answer takes `ms`, whatever the signal says. */
function answeredAfter(clock: ManualClock, ms: number): Script {
  return async (carryOut) => {
    const answer = await carryOut();
    await new Promise<void>((resolve) => void clock.setTimer(ms, resolve, true));
    return answer;
  };
}

/** Fires timers of more than a millisecond one millisecond early, as Node may. */
class HastyClock extends ManualClock {
  override setTimer(delay: number, callback: () => void, keepAlive: boolean) {
    return super.setTimer(delay > 1 ? delay - 1 : delay, callback, keepAlive);
  }
}

/** Goes on by a ttl between two readings, as for a process that is suspended there. */
class SuspendedClock extends ManualClock {
  readingsLeft = Infinity;
  #slept = 0;

  override monotonic(): number {
    if (this.readingsLeft-- === 0) this.#slept = TTL;
    return super.monotonic() + this.#slept;
  }
}

describe('a held lease', () => {
  it('counts a renewal from its sending, when the answer takes 0.4 s', async () => {
    const { clock, provider, lease } = await held();
    provider.scripts.set('renew', answeredAfter(clock, 400));
    await clock.advance(RENEW_EVERY + 400);
    expect(lease.remaining).toBeCloseTo(DEADLINE - 400);
    provider.scripts.set('renew', deaf);
    await clock.advance(DEADLINE - 400);
    expect(lease.signal.aborted).toBe(true);
  });

  it('sends the release only after the renewal in flight has settled', async () => {
    const { clock, provider, lease } = await held();
    provider.scripts.set('renew', answeredAfter(clock, 40));
    await clock.advance(RENEW_EVERY + 10);
    const releasing = lease.release();
    await clock.advance(29);
    expect(provider.times('release')).toEqual([]);
    await clock.advance(1);
    await releasing;
    expect(provider.times('release')).toHaveLength(1);
  });

  it('arms no timer for a renewal that is answered after the release', async () => {
    const { clock, provider, lease, events } = await held();
    provider.scripts.set('renew', answeredAfter(clock, 40));
    await clock.advance(RENEW_EVERY + 10);
    const releasing = lease.release();
    await clock.advance(30);
    await releasing;
    expect(clock.pending).toEqual([]);
    expect(events.map(({ type }) => type)).toEqual(['acquired', 'released']);
  });

  it('leaves no timer when it is suspended after a look at the clock, in the moment before it sends a renewal', async () => {
    const clock = new SuspendedClock();
    const { provider, lease } = await held(new ScriptedProvider(clock));
    await clock.advance(RENEW_EVERY - 1);
    clock.readingsLeft = 2;
    await clock.advance(2);
    expect(provider.times('renew')).toEqual([]);
    expect(lease.signal.aborted).toBe(true);
    expect(clock.pending).toEqual([]);
  });

  it('aborts although its timer fired a millisecond early', async () => {
    const { clock, provider, lease } = await held(new ScriptedProvider(new HastyClock()));
    provider.scripts.set('renew', deaf);
    await clock.advance(DEADLINE - 1);
    expect(lease.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(lease.signal.aborted).toBe(true);
  });

  it('makes one try to release after a loss', async () => {
    const { clock, provider, lease } = await held();
    provider.store.locks.clear();
    await clock.advance(RENEW_EVERY);
    expect(lease.signal.aborted).toBe(true);
    provider.scripts.set('release', () => Promise.reject(new StoreError('away', { kind: 'transient' })));
    const releasing = lease.release();
    await clock.advance(2 * TTL);
    await releasing;
    expect(provider.times('release')).toHaveLength(1);
  });

  it('tells a suspension as expired, not unknown, after a blip and a good renewal', async () => {
    const { clock, provider, lease, events } = await held();
    let failures = 1;
    provider.scripts.set('renew', (carryOut) => {
      if (failures-- > 0) throw new StoreError('a blip', { kind: 'transient' });
      return carryOut();
    });
    await clock.advance(RENEW_EVERY + 1_500);
    expect(events.map(({ type }) => type)).toEqual(['acquired', 'store-failed', 'renewed']);
    await clock.freeze(1.5 * TTL);
    expect(lease.signal.reason).toMatchObject({ reason: 'expired' });
  });

  it('has 0 ms remaining after it was taken', async () => {
    const { clock, provider, lease } = await held();
    provider.store.locks.clear();
    await clock.advance(RENEW_EVERY);
    expect(lease.remaining).toBe(0);
  });
});
