import { describe, expect, it } from '@jest/globals';
import { type Lease, type LeaseEvent, type LeaseGrant, Leases, StoreError } from '@leased-jobs/core';
import { ManualClock, SeededRandom } from '@leased-jobs/testing';
import { ScriptedProvider } from '../support/scripted-provider.js';

const TTL = 30_000;

/** The scripted provider, with the gift to renew many leases in one call. */
class BatchingProvider extends ScriptedProvider {
  readonly batches: number[] = [];
  fail: Error | null = null;
  /** Of which the store cannot say anything. */
  unreachable = '';

  async renewMany(
    grants: readonly LeaseGrant[],
    ttl: number,
    signal: AbortSignal,
  ): Promise<readonly (boolean | Error)[]> {
    this.batches.push(grants.length);
    if (this.fail) throw this.fail;
    const away = new StoreError('away', { kind: 'transient' });
    return Promise.all(
      grants.map(async (grant) => (grant.lock === this.unreachable ? away : this.renew(grant, ttl, signal))),
    );
  }
}

async function holding(count: number) {
  const clock = new ManualClock();
  const provider = new BatchingProvider(clock);
  const events: LeaseEvent[] = [];
  const leases = new Leases({
    provider,
    clock,
    random: new SeededRandom(1),
    emit: (event) => void events.push(event),
    instance: 'web-1',
    namespace: '',
    ttl: TTL,
  });
  const held: Lease[] = [];
  for (let n = 0; n < count; n++) {
    const lease = await leases.tryAcquire(`lock ${n}`);
    if (lease) held.push(lease);
    await clock.advance(7);
  }
  return { clock, provider, events, held };
}

describe('renewals, where the store offers many in one call', () => {
  it('leave together, on a beat, and keep all leases alive', async () => {
    const { clock, provider, held } = await holding(100);
    await clock.advance(3 * TTL);
    expect(held.filter(({ signal }) => signal.aborted)).toEqual([]);
    const renewals = provider.batches.reduce((sum, size) => sum + size, 0);
    expect(renewals).toBeGreaterThanOrEqual(800);
    expect(provider.batches.length).toBeLessThanOrEqual(renewals / 40);
  });

  it('leave never later, and at most a ninth of a ttl earlier, than they would alone', async () => {
    const { clock, provider } = await holding(1);
    await clock.advance(TTL);
    const [first] = provider.times('renew');
    expect(first).toBeLessThanOrEqual(TTL / 3);
    expect(first).toBeGreaterThanOrEqual(TTL / 3 - TTL / 9);
  });

  it('tell each lease its own answer', async () => {
    const { clock, provider, held, events } = await holding(3);
    provider.store.locks.delete('lock 1');
    await clock.advance(TTL / 3);
    expect(held.map(({ signal }) => signal.aborted)).toEqual([false, true, false]);
    expect(events.filter(({ type }) => type === 'lost')).toMatchObject([{ lock: 'lock 1', reason: 'taken' }]);
  });

  it('keep the others alive while one cannot be renewed', async () => {
    const { clock, provider, held, events } = await holding(3);
    provider.unreachable = 'lock 1';
    await clock.advance(3 * TTL);
    expect(held.map(({ signal }) => signal.aborted)).toEqual([false, true, false]);
    expect(events.filter(({ type }) => type === 'lost')).toMatchObject([
      { lock: 'lock 1', reason: 'unknown' },
    ]);
    expect(events.find(({ type }) => type === 'store-failed')).toMatchObject({
      lock: 'lock 1',
      operation: 'renew',
    });
  });

  it('fail together, and are asked for again', async () => {
    const { clock, provider, held } = await holding(3);
    provider.fail = new StoreError('away', { kind: 'transient' });
    await clock.advance(TTL / 2);
    provider.fail = null;
    await clock.advance(3 * TTL);
    expect(held.filter(({ signal }) => signal.aborted)).toEqual([]);
  });

  it('go on for the others when one lease is released in the middle', async () => {
    const { clock, provider, held } = await holding(3);
    provider.scripts.set('renew', async (carryOut) => {
      await new Promise<void>((resolve) => void clock.setTimer(500, resolve, true));
      return carryOut();
    });
    await clock.advance(TTL / 3);
    await held[0]?.release();
    await clock.advance(3 * TTL);
    expect(held.slice(1).filter(({ signal }) => signal.aborted)).toEqual([]);
    expect(provider.times('release')).toHaveLength(1);
  });

  it('leave no timer behind', async () => {
    const { clock, held } = await holding(3);
    await clock.advance(TTL / 3);
    await Promise.all(held.map((lease) => lease.release()));
    await clock.advance(0);
    expect(clock.pending).toEqual([]);
  });
});
