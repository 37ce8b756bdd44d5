import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BlobServiceClient, type BlockBlobClient, type ContainerClient } from '@azure/storage-blob';
import {
  azuriteConnectionString,
  type AzuriteServer,
  startAzurite,
  startAzuriteProxy,
} from '@leased-jobs/backends';
import { isRefusal } from '@leased-jobs/core';
import { AzureBlobLeaseProvider } from '../src/index.js';
import { Instance, NEVER } from './support/instance.js';

describe('a provider in trouble', () => {
  let azurite: AzuriteServer;
  let container: ContainerClient;
  let blob: BlockBlobClient;
  let a: Instance;
  let b: Instance;
  let containers = 0;

  beforeAll(async () => {
    azurite = await startAzurite();
  }, 30_000);
  beforeEach(() => {
    const name = `trouble-${++containers}`;
    const service = BlobServiceClient.fromConnectionString(azurite.connectionString);
    container = service.getContainerClient(name);
    blob = container.getBlockBlobClient('news.json');
    a = new Instance(azurite.connectionString, name);
    b = new Instance(azurite.connectionString, name);
  });
  afterEach(async () => {
    await a.provider.close();
    await b.provider.close();
  });
  afterAll(() => azurite.stop());

  it.each([
    ['no JSON', 'hello'],
    ['nothing', ''],
    ['an array', '[]'],
    ['another format', '{"format": 2}'],
    ['the record of another lock', JSON.stringify({ format: 1, lock: 'old', fencingToken: 1 })],
  ])('refuses a blob that holds %s, and leaves it as it is', async (_, content) => {
    await container.create();
    await blob.upload(content, content.length);
    for (const call of [
      () => a.acquire(),
      () => a.provider.read('news', NEVER),
      () => a.provider.setPaused('news', 'send', true, NEVER),
      () => a.provider.release({ lock: 'news', grantId: randomUUID() }, {}, NEVER),
    ]) {
      await expect(call()).rejects.toMatchObject({
        code: 'LEASE_STORE',
        kind: 'invalid',
        applied: 'no',
        message: expect.stringContaining(`"${container.containerName}/news.json" is not what this provider`),
      });
    }
    expect((await blob.downloadToBuffer()).toString()).toBe(content);
    const listed: string[] = [];
    for await (const { lock } of a.provider.list('', NEVER)) listed.push(lock);
    expect(listed).toEqual([]);
  });

  it('tells a holder that its lease was broken, and lets another in with a larger token', async () => {
    const grant = await a.granted();
    await blob.getBlobLeaseClient().breakLease(0);
    expect((await a.provider.read('news', NEVER))?.lease).toBeNull();
    expect(await a.renew(grant)).toBe(false);
    const next = await b.granted();
    expect(next.fencingToken).toBeGreaterThan(grant.fencingToken);
    expect(await a.renew(grant)).toBe(false);
    await a.provider.release(grant, { job: { name: 'send', slot: 1 } }, NEVER);
    const record = await b.provider.read('news', NEVER);
    expect(record).toMatchObject({ fencingToken: next.fencingToken, jobs: {} });
    expect(await b.renew(next)).toBe(true);
  });

  it('refuses the lock as held while a broken lease runs out', async () => {
    const grant = await a.granted();
    await blob.getBlobLeaseClient().breakLease(20);
    expect(await b.acquire()).toMatchObject({ refused: 'held' });
    expect(await a.renew(grant)).toBe(false);
  });

  it.each([
    ['its blob', () => blob.delete()],
    ['the container', () => container.delete()],
  ])('tells a holder that somebody has deleted %s, and never gives a smaller token', async (what, remove) => {
    const grant = await a.granted();
    // The store's clock, which keeps the tokens growing here, counts in seconds.
    await sleep(1_500);
    if (what === 'its blob') await blob.getBlobLeaseClient().breakLease(0);
    await remove();
    expect(await a.renew(grant)).toBe(false);
    await a.release(grant);
    expect(await a.provider.read('news', NEVER)).toBeNull();
    const next = await b.granted();
    expect(next.fencingToken).toBeGreaterThan(grant.fencingToken);
  });

  it('takes a lock over whose leftover lease was taken for another ttl', async () => {
    await a.release(await a.granted({ ttl: 15_000 }));
    const grant = await b.granted({ ttl: 60_000 });
    expect(await b.provider.renew(grant, 60_000, NEVER)).toBe(true);
    await b.release(grant);
    await a.release(await a.granted({ ttl: 15_000 }));
  });

  it('gives back an attempt that got no further than to lease the blob', async () => {
    await a.release(await a.granted());
    await blob.getBlobLeaseClient().breakLease(0);
    await using proxy = await startAzuriteProxy(azurite);
    await using unlucky = new Instance(azuriteConnectionString(proxy.url), container.containerName);
    const request = { lock: 'news', grantId: randomUUID(), holder: 'unlucky', ttl: 15_000 };
    proxy.disturb('answer-lost', 2);
    await expect(unlucky.acquire(request)).rejects.toMatchObject({ kind: 'transient', applied: 'unknown' });
    expect(proxy.requests).toEqual(['GET', 'PUT lease acquire']);
    expect(await b.acquire()).toMatchObject({ refused: 'held', holder: 'another instance' });
    await unlucky.provider.release(request, {}, NEVER);
    await b.granted();
  });

  it('refuses as held, by nobody it can name, while a strange lease stands on the blob', async () => {
    await a.release(await a.granted());
    await blob.getBlobLeaseClient().breakLease(0);
    await blob.getBlobLeaseClient().acquireLease(-1);
    const refusal = await b.acquire();
    expect(refusal).toMatchObject({ refused: 'held', holder: 'another instance' });
    expect(await b.provider.setPaused('news', 'send', true, NEVER)).toMatchObject({ refused: 'held' });
  });

  it('settles at once when given up on a frozen Azurite, and goes on when that is back', async () => {
    const grant = await a.granted();
    await azurite.freeze();
    const signal = AbortSignal.timeout(200);
    const start = performance.now();
    const calls = [
      a.provider.renew(grant, 15_000, signal),
      b.acquire({}, signal),
      b.provider.read('news', signal),
    ];
    for (const call of await Promise.allSettled(calls)) {
      expect(call).toEqual({ status: 'rejected', reason: signal.reason });
    }
    expect(performance.now() - start).toBeLessThan(1_000);
    await azurite.thaw();
    expect(await a.renew(grant)).toBe(true);
    expect(await b.acquire()).toMatchObject({ refused: 'held', holder: expect.any(String) });
  });

  it('works on a client of the user whose pipeline sends again by itself', async () => {
    const provider = new AzureBlobLeaseProvider({ client: container });
    const request = { lock: 'news', grantId: randomUUID(), holder: 'a', ttl: 15_000 };
    const answer = await provider.acquire(request, NEVER);
    if (isRefusal(answer)) throw new Error(answer.refused);
    expect(await provider.renew(answer, 15_000, NEVER)).toBe(true);
    await provider.release(answer, {}, NEVER);
    await provider.close();
    await expect(provider.read('news', NEVER)).rejects.toThrow('This provider is closed');
    expect(await container.exists()).toBe(true);
  });
});
