import { describe, expect, it } from '@jest/globals';
import { type LeaseEvent, LeaseLostError, LeaseReleasedError, Leases, StoreError } from '@leased-jobs/core';
import { ManualClock, SeededRandom } from '@leased-jobs/testing';
import { deaf, ScriptedProvider, silent, wakeUpToTheAnswerFirst } from '../support/scripted-provider.js';

const TTL = 10_000;
// 10 000 - 1 % - 50 of granularity - 10 % of grace
const DEADLINE = 8_850;

async function held(provider = new ScriptedProvider(new ManualClock())) {
  const { clock } = provider;
  const events: LeaseEvent[] = [];
  const leases = new Leases({
    provider,
    clock,
    random: new SeededRandom(1),
    emit: (event) => void events.push(event),
    instance: 'web-1',
    namespace: 'shop',
    ttl: TTL,
  });
  const lease = await leases.tryAcquire('report');
  if (lease === null) throw new Error('nobody else holds it');
  return { clock, provider, leases, lease, events, types: () => events.map(({ type }) => type) };
}

describe('a held lease', () => {
  it('is renewed every third of its ttl, for as long as it is held', async () => {
    const { clock, provider, lease } = await held();
    await clock.advance(60_000);
    expect(provider.times('renew').slice(0, 3)).toEqual([TTL / 3, (2 * TTL) / 3, TTL]);
    expect(lease.signal.aborted).toBe(false);
    expect(() => lease.throwIfLost()).not.toThrow();
  });

  it('aborts at its validity deadline, before the store can give it to anybody else, while a renewal hangs', async () => {
    const { clock, provider, lease } = await held();
    provider.scripts.set('renew', deaf);
    await clock.advance(DEADLINE - 1);
    expect(lease.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(lease.signal.reason).toMatchObject({ name: 'LeaseLostError', reason: 'unknown', lock: 'report' });
  });

  it('counts its validity from before the request was sent, not from the answer', async () => {
    const provider = new ScriptedProvider(new ManualClock());
    const { clock } = provider;
    provider.scripts.set('acquire', async (carryOut) => {
      const answer = await carryOut();
      await new Promise<void>((resolve) => void clock.setTimer(400, resolve, true));
      return answer;
    });
    provider.scripts.set('renew', silent);
    const holding = held(provider);
    await clock.advance(400);
    const { lease } = await holding;
    expect(lease.remaining).toBe(DEADLINE - 400);
    await clock.advance(DEADLINE - 400);
    expect(lease.signal.aborted).toBe(true);
  });

  it('is lost when the process slept between a renewal and its answer, and sees the answer first', async () => {
    const { clock, provider, lease } = await held();
    provider.scripts.set('renew', async (carryOut) => {
      const answer = await carryOut();
      wakeUpToTheAnswerFirst(clock, 0.95 * TTL);
      return answer;
    });
    await clock.advance(TTL / 3);
    expect(lease.signal.aborted).toBe(true);
  });

  it('survives renewals that fail, and asks again before the deadline', async () => {
    const { clock, provider, lease, types } = await held();
    let failures = 2;
    provider.scripts.set('renew', (carryOut) => {
      if (failures-- > 0) throw new StoreError('a blip', { kind: 'transient' });
      return carryOut();
    });
    await clock.advance(TTL);
    expect(lease.signal.aborted).toBe(false);
    expect(types().slice(0, 4)).toEqual(['acquired', 'store-failed', 'store-failed', 'renewed']);
  });

  it('sends nothing to renew after its validity deadline', async () => {
    const { clock, provider } = await held();
    provider.scripts.set('renew', () => Promise.reject(new StoreError('away', { kind: 'transient' })));
    await clock.advance(3 * TTL);
    expect(provider.times('renew').length).toBeGreaterThan(3);
    expect(Math.max(...provider.times('renew'))).toBeLessThan(DEADLINE);
  });

  it('does not spin on a store that denies', async () => {
    const { clock, provider } = await held();
    provider.scripts.set('renew', () => Promise.reject(new StoreError('wrong password', { kind: 'denied' })));
    await clock.advance(3 * TTL);
    expect(provider.times('renew')).toHaveLength(2);
  });

  it('is lost at once when the store says that it is no longer ours', async () => {
    const { clock, provider, lease, types } = await held();
    provider.store.locks.clear();
    await clock.advance(TTL / 3);
    expect(lease.signal.reason).toMatchObject({ reason: 'taken' });
    expect(types()).toEqual(['acquired', 'lost']);
  });

  it.each([
    ['as they were set', undefined],
    ['the other way round', <T>(timers: readonly T[]) => timers.toReversed()],
  ])(
    'is lost after a suspension, with late timers firing %s, and sends no renewal',
    async (_order, reorder) => {
      const { clock, provider, lease } = await held();
      await clock.freeze(1.5 * TTL, reorder);
      expect(lease.signal.reason).toMatchObject({ reason: 'expired' });
      expect(provider.times('renew')).toEqual([]);
    },
  );

  it('tells the truth by throwIfLost() before any late timer has fired', async () => {
    const { clock, lease } = await held();
    const asked = new Promise<unknown>((resolve) => {
      clock.setTimer(
        1,
        () => {
          try {
            resolve(lease.throwIfLost());
          } catch (error) {
            resolve(error);
          }
        },
        true,
      );
    });
    await clock.freeze(1.5 * TTL, (timers) => timers.toSorted((a, b) => a.due - b.due));
    expect(await asked).toBeInstanceOf(LeaseLostError);
    expect(lease.remaining).toBe(0);
  });

  it('ends early when the wall clock jumps ahead, and lives no longer when it jumps back', async () => {
    const ahead = await held();
    ahead.clock.stepWall(3_600_000);
    expect(() => ahead.lease.throwIfLost()).toThrow(LeaseLostError);

    const back = await held();
    back.provider.scripts.set('renew', silent);
    back.clock.stepWall(-3_600_000);
    await back.clock.advance(DEADLINE);
    expect(back.lease.signal.aborted).toBe(true);
  });

  it('is not renewed after its release, even if a renewal was under way', async () => {
    const { clock, provider, lease } = await held();
    provider.scripts.set('renew', silent);
    await clock.advance(TTL / 3 + 10);
    const releasing = lease.release();
    await clock.advance(100);
    await releasing;
    await clock.advance(3 * TTL);
    expect(provider.calls.map(({ operation }) => operation)).toEqual(['acquire', 'renew', 'release']);
    expect(clock.pending).toEqual([]);
  });

  it('throws LeaseReleasedError after its release, and its signal stays silent', async () => {
    const { clock, lease } = await held();
    await lease.release();
    await clock.advance(3 * TTL);
    expect(() => lease.throwIfLost()).toThrow(LeaseReleasedError);
    expect(lease.signal.aborted).toBe(false);
    expect(lease.remaining).toBe(0);
  });

  it('is released once, however often it is asked to', async () => {
    const { provider, lease } = await held();
    await Promise.all([lease.release(), lease.release(), lease[Symbol.asyncDispose]()]);
    expect(provider.times('release')).toHaveLength(1);
  });

  it('asks again when a release fails, but not beyond its ttl', async () => {
    const { clock, provider, lease, events } = await held();
    provider.scripts.set('release', () => Promise.reject(new StoreError('away', { kind: 'transient' })));
    const releasing = lease.release();
    await clock.advance(2 * TTL);
    await releasing;
    expect(provider.times('release').length).toBeGreaterThan(5);
    expect(Math.max(...provider.times('release'))).toBeLessThan(TTL);
    expect(events.at(-1)).toMatchObject({ type: 'store-failed', operation: 'release' });
    expect(clock.pending).toEqual([]);
  });

  it('survives what a listener on its signal throws, and reports it', async () => {
    const { clock, provider, lease, events } = await held();
    const heard: string[] = [];
    lease.signal.addEventListener('abort', () => {
      throw new Error('from a listener');
    });
    lease.signal.addEventListener('abort', async () => Promise.reject(new Error('from an async listener')));
    lease.signal.addEventListener('abort', () => heard.push('the next listener'));
    provider.scripts.set('renew', silent);
    await clock.advance(TTL);
    expect(heard).toEqual(['the next listener']);
    expect(events.filter(({ type }) => type === 'listener-failed')).toMatchObject([
      { error: { message: 'from a listener' } },
      { error: { message: 'from an async listener' } },
    ]);
  });

  it('gives a signal that has aborted already to whoever asks for it after the loss', async () => {
    const { clock, provider, lease } = await held();
    provider.scripts.set('renew', silent);
    await clock.advance(TTL);
    expect(lease.signal.aborted).toBe(true);
  });

  it('is closed with the app: its holder is told, nothing is released, and no timer is left', async () => {
    const { clock, provider, leases, lease } = await held();
    await leases.close();
    expect(lease.signal.reason).toMatchObject({ reason: 'closed' });
    expect(provider.times('release')).toEqual([]);
    expect(clock.pending).toEqual([]);
  });
});
