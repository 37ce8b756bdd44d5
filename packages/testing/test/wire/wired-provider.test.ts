import { describe, expect, it } from '@jest/globals';
import { MemoryLeaseProvider, MemoryStore, StoreError } from '@leased-jobs/core';
import { ManualClock, Wire, WiredProvider } from '@leased-jobs/testing';

const REQUEST = { lock: 'newsletter', grantId: 'grant', holder: 'web-1', ttl: 10_000 };

function wiredMemory() {
  const wire = new Wire();
  const server = new MemoryLeaseProvider(new MemoryStore(new ManualClock()));
  const { signal } = new AbortController();
  return { wire, server, signal, provider: new WiredProvider(server, wire) };
}

describe('a wired provider', () => {
  it('answers nothing while its wire is frozen, and everything after the thaw', async () => {
    const { wire, server, signal, provider } = wiredMemory();
    const thaw = wire.freeze();
    let answered = false;
    const acquiring = provider.acquire(REQUEST, signal).then(() => (answered = true));
    expect(await server.read('newsletter', signal)).toBeNull();
    expect(answered).toBe(false);
    await thaw();
    await acquiring;
    expect(await server.read('newsletter', signal)).toMatchObject({ lease: { holder: 'web-1' } });
  });

  it('carries out after the thaw what was given up meanwhile', async () => {
    const { wire, server, signal, provider } = wiredMemory();
    const thaw = wire.freeze();
    const controller = new AbortController();
    const acquiring = provider.acquire(REQUEST, controller.signal);
    controller.abort(new Error('given up'));
    await expect(acquiring).rejects.toThrow('given up');
    await thaw();
    expect(await server.read('newsletter', signal)).toMatchObject({ lease: { holder: 'web-1' } });
  });

  it('does nothing if the request is refused, and says so', async () => {
    const { wire, server, signal, provider } = wiredMemory();
    wire.disturb('refused');
    const failure = await provider.acquire(REQUEST, signal).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StoreError);
    expect(failure).toMatchObject({ kind: 'transient', applied: 'no' });
    expect(await server.read('newsletter', signal)).toBeNull();
  });

  it('has done it if the answer is lost, and does not know', async () => {
    const { wire, server, signal, provider } = wiredMemory();
    wire.disturb('answer-lost');
    const failure = await provider.acquire(REQUEST, signal).catch((error: unknown) => error);
    expect(failure).toMatchObject({ kind: 'transient', applied: 'unknown' });
    expect(await server.read('newsletter', signal)).toMatchObject({ lease: { holder: 'web-1' } });
  });

  it('lets the n-th request go wrong and no other, unless the trouble ends before', async () => {
    const { wire, signal, provider } = wiredMemory();
    const third = wire.disturb('refused', 3);
    await provider.read('a', signal);
    await provider.read('a', signal);
    expect(third.struck).toBe(false);
    await expect(provider.read('a', signal)).rejects.toThrow(StoreError);
    expect(third.struck).toBe(true);
    await provider.read('a', signal);

    const ended = wire.disturb('refused');
    await ended.end();
    await provider.read('a', signal);
    expect(ended.struck).toBe(false);
  });
});
