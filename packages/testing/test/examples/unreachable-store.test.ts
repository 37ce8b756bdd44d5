import { describe, expect, it } from '@jest/globals';
import { interval, JobEngine, MemoryLeaseProvider, MemoryStore } from '@leased-jobs/core';
import { ManualClock, SeededRandom, Wire, WiredProvider } from '@leased-jobs/testing';

describe('a long export', () => {
  it('is told to stop when the store has fallen silent', async () => {
    const clock = new ManualClock();
    const wire = new Wire();
    const provider = new WiredProvider(new MemoryLeaseProvider(new MemoryStore(clock)), wire);
    const engine = new JobEngine({ provider, clock, random: new SeededRandom(1), ttl: 30_000 });
    const reasons: unknown[] = [];
    const handler = async ({ signal }: { readonly signal: AbortSignal }) => {
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
      reasons.push(signal.reason);
      signal.throwIfAborted();
    };
    engine.add({ name: 'export', schedule: interval(60_000), handler });
    engine.start();
    await clock.advance(60_000); // It runs now,
    const thaw = wire.freeze(); // and its lease cannot be renewed any more.

    await clock.advance(30_000);

    expect(reasons).toEqual([expect.objectContaining({ name: 'LeaseLostError', reason: 'unknown' })]);
    await thaw();
    await engine.close();
  });
});
