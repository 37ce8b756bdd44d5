import { describe, expect, it } from '@jest/globals';
import type { Lease, LeaseGrant, Timer } from '@leased-jobs/core';
import { ManualClock } from '@leased-jobs/testing';
import { leasesOf } from '../support/leases-of.js';
import { ScriptedProvider } from '../support/scripted-provider.js';

const TTL = 30_000;

/** Answers to renewals of many as it is told, and keeps the signals that it was given. */
class AnsweringProvider extends ScriptedProvider {
  readonly signals: AbortSignal[] = [];
  answer: () => Promise<readonly boolean[]> = () => new Promise(() => {});

  renewMany(_grants: readonly LeaseGrant[], _ttl: number, signal: AbortSignal): Promise<readonly boolean[]> {
    this.signals.push(signal);
    return this.answer();
  }
}

/** Whose timers are never sooner than a millisecond, as those of Node. */
class NodelikeClock extends ManualClock {
  override setTimer(...[delay, ...others]: Parameters<ManualClock['setTimer']>): Timer {
    return super.setTimer(Math.max(delay, 1), ...others);
  }
}

async function holding(count: number, made = new ManualClock()) {
  const provider = new AnsweringProvider(made);
  const { leases, events } = leasesOf(provider, { ttl: TTL });
  const held: Lease[] = [];
  for (let n = 0; n < count; n++) {
    const lease = await leases.tryAcquire(`lock ${n}`);
    if (lease) held.push(lease);
  }
  return { clock: provider.clock, provider, events, held };
}

describe('a batch of renewals', () => {
  it('is aborted once all have left it, and not before', async () => {
    const { clock, provider, held } = await holding(2);
    await clock.advance(TTL / 3);
    const [signal] = provider.signals;
    void held[0]?.release();
    await clock.advance(0);
    expect(signal?.aborted).toBe(false);
    void held[1]?.release();
    await clock.advance(0);
    expect(signal?.aborted).toBe(true);
  });

  it('is not sent for a lease whose deadline has passed while it gathered', async () => {
    const { clock, provider, held } = await holding(1, new NodelikeClock());
    await clock.advance(TTL / 3);
    await clock.freeze(TTL);
    expect(provider.signals.length).toBe(0);
    expect(held[0]?.signal.aborted).toBe(true);
  });

  it('is not sent when its time is over, but gathered anew, if the deadline has not passed', async () => {
    const { clock, provider, held } = await holding(1, new NodelikeClock());
    provider.answer = () => Promise.resolve([true]);
    await clock.advance(TTL / 3);
    await clock.freeze(TTL / 3);
    expect(provider.signals.length).toBe(0);
    await clock.advance(TTL);
    expect(provider.signals.length).toBeGreaterThan(0);
    expect(held[0]?.signal.aborted).toBe(false);
  });

  it('takes an answer that was left out for unknown, never for a renewal', async () => {
    const { clock, provider, events, held } = await holding(2);
    provider.answer = () => Promise.resolve([true]);
    await clock.advance(TTL / 3 + 1);
    const about = (lock: string): string[] =>
      events.filter((event) => event.lock === lock).map(({ type }) => type);
    expect(about('lock 0')).toEqual(['acquired', 'renewed']);
    expect(about('lock 1')).toEqual(['acquired', 'store-failed']);
    provider.answer = () => Promise.resolve([]);
    await clock.advance(TTL);
    expect(held[1]?.signal.reason).toMatchObject({ reason: 'unknown' });
    expect(about('lock 1')).not.toContain('renewed');
  });
});
