import { describe, expect, it } from '@jest/globals';
import { type Lease, type LeaseGrant } from '@leased-jobs/core';
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

async function holding(count: number) {
  const provider = new AnsweringProvider(new ManualClock());
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
