import { describe, expect, it } from '@jest/globals';
import { MemoryLeaseProvider, MemoryStore } from '../../src/memory/memory-lease-provider.js';

const { signal } = new AbortController();
const REQUEST = { lock: 'newsletter', grantId: 'a', holder: 'web-1', ttl: 10_000 };

/** That it keeps the contract is shown in `@leased-jobs/testing`, over a wire. Here is what that wire hides. */
describe('the memory provider', () => {
  it.each([0, -1, 1.5, 2 ** 31, Number.NaN])('refuses a ttl of %d ms', async (ttl) => {
    const provider = new MemoryLeaseProvider();
    await expect(provider.acquire({ ...REQUEST, ttl }, signal)).rejects.toThrow(RangeError);
    const grant = { ...REQUEST, fencingToken: 1, lastSlot: null };
    await expect(provider.renew(grant, ttl, signal)).rejects.toThrow(RangeError);
  });

  it.each(['', 'x'.repeat(257), '\ud800'])('refuses the name %j', async (lock) => {
    const provider = new MemoryLeaseProvider();
    await expect(provider.acquire({ ...REQUEST, lock }, signal)).rejects.toThrow(RangeError);
    await expect(provider.read(lock, signal)).rejects.toThrow(RangeError);
    await expect(provider.setPaused(lock, 'job', true, signal)).rejects.toThrow(RangeError);
  });

  it('does nothing for a signal that has aborted', async () => {
    const store = new MemoryStore();
    const provider = new MemoryLeaseProvider(store);
    const aborted = AbortSignal.abort(new Error('too late'));
    await expect(provider.acquire(REQUEST, aborted)).rejects.toThrow('too late');
    await expect(provider.setPaused('newsletter', 'job', true, aborted)).rejects.toThrow('too late');
    expect(store.locks.size).toBe(0);
  });

  it('shares its locks with those on the same store, and with nobody else', async () => {
    const store = new MemoryStore();
    const [a, b] = [new MemoryLeaseProvider(store), new MemoryLeaseProvider(store)];
    await a.acquire(REQUEST, signal);
    const rival = { ...REQUEST, grantId: 'b' };
    expect(await b.acquire(rival, signal)).toMatchObject({ refused: 'held', holder: 'web-1' });
    expect(await new MemoryLeaseProvider().acquire(rival, signal)).toMatchObject({ fencingToken: 1 });
  });

  it('excludes only within its process, and says so', () => {
    expect(new MemoryLeaseProvider().limits.excludes).toBe('process');
  });
});
