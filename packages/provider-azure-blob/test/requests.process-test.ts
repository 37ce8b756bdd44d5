import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BlobServiceClient } from '@azure/storage-blob';
import {
  azuriteConnectionString,
  type AzuriteProxy,
  type AzuriteServer,
  startAzurite,
  startAzuriteProxy,
} from '@leased-jobs/backends';
import { Instance, NEVER } from './support/instance.js';

describe('the requests to Azure, counted at the server', () => {
  let azurite: AzuriteServer;
  let proxy: AzuriteProxy;
  let containers = 0;
  const instances: Instance[] = [];

  beforeAll(async () => {
    azurite = await startAzurite();
    proxy = await startAzuriteProxy(azurite);
  }, 30_000);
  afterAll(async () => {
    for (const { provider } of instances) await provider.close();
    await proxy.stop();
    await azurite.stop();
  });

  /** Three instances on a container of their own. The first has run slot 0, long ago. */
  async function cluster() {
    const container = `requests-${++containers}`;
    const connectionString = azuriteConnectionString(proxy.url);
    const [a, b, c] = [1, 2, 3].map(() => new Instance(connectionString, container)) as [
      Instance,
      Instance,
      Instance,
    ];
    instances.push(a, b, c);
    const client = BlobServiceClient.fromConnectionString(azurite.connectionString);
    const blob = client.getContainerClient(container).getBlobClient('news.json');
    /** As if a ttl had passed: the lease that a release leaves behind is gone. */
    const passTtl = (): Promise<unknown> => blob.getBlobLeaseClient().breakLease(0);
    await a.run(0);
    await passTtl();
    return { a, b, c, passTtl };
  }

  async function requestsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
    proxy.requests.length = 0;
    await work();
    return [...proxy.requests];
  }

  it('are four for a won run, whoever has run before', async () => {
    const { a, b, c, passTtl } = await cluster();
    for (const [n, instance] of [b, c, a, b].entries()) {
      expect(await requestsOf(() => instance.run(n + 1))).toEqual(['GET', 'PUT lease acquire', 'PUT', 'PUT']);
      await passTtl();
    }
  });

  it('are one for who asks for a slot that was run', async () => {
    const { a, b, c } = await cluster();
    await a.run(1);
    expect(await requestsOf(() => b.claim(1))).toEqual(['GET']);
    expect(await requestsOf(() => c.claim(1))).toEqual(['GET']);
  });

  it('are none for who asks again for a slot that it has run', async () => {
    const { a } = await cluster();
    await a.run(1);
    expect(await requestsOf(() => a.claim(1))).toEqual([]);
  });

  it('are one for who asks while somebody holds the lock, or while the job is paused', async () => {
    const { a, b } = await cluster();
    await a.claim(1);
    expect(await requestsOf(() => b.claim(1))).toEqual(['GET']);
    const other = await cluster();
    await other.a.provider.setPaused('news', 'send', true, NEVER);
    expect(await requestsOf(() => other.b.claim(1))).toEqual(['GET']);
    expect(await requestsOf(() => other.a.claim(1))).toEqual(['GET']);
  });

  it('are four for a run within a ttl after one of another instance, too', async () => {
    const { a, b, c } = await cluster();
    for (const [n, instance] of [a, b, c, b, a].entries()) {
      expect(await requestsOf(() => instance.run(n + 1))).toEqual(['GET', 'PUT lease acquire', 'PUT', 'PUT']);
    }
  });

  it('are as many as the provider says, from which an app estimates a day of each job', async () => {
    const { a, b } = await cluster();
    const { perRun, perRefusal, perRenewal } = a.provider.requests;
    expect(await requestsOf(() => a.run(1))).toHaveLength(perRun);
    expect(await requestsOf(() => b.claim(1))).toHaveLength(perRefusal);
    const grant = await b.granted();
    expect(await requestsOf(() => b.renew(grant))).toHaveLength(perRenewal);
  });

  it('are three for who has had the lock five times in a row', async () => {
    const { a, passTtl } = await cluster();
    for (let slot = 1; slot < 5; slot++) {
      expect(await requestsOf(() => a.run(slot))).toEqual(['GET', 'PUT lease acquire', 'PUT', 'PUT']);
    }
    for (let slot = 5; slot < 9; slot++) {
      if (slot === 7) await passTtl();
      expect(await requestsOf(() => a.run(slot))).toEqual(['PUT lease acquire', 'PUT', 'PUT']);
    }
  });

  it('are two, once, for who guessed that it is alone and was not', async () => {
    const { a, b, passTtl } = await cluster();
    for (let slot = 1; slot < 5; slot++) await a.run(slot);
    await passTtl();
    await b.run(5);
    expect(await requestsOf(() => a.claim(5))).toEqual(['PUT lease acquire', 'GET']);
    expect(await requestsOf(() => a.claim(5))).toEqual(['GET']);
  });

  it('are one for a renewal', async () => {
    const { a } = await cluster();
    const grant = await a.granted();
    expect(await requestsOf(() => a.renew(grant))).toEqual(['PUT lease renew']);
  });

  it('are one for a page of the list and one for each lock in it', async () => {
    const { a } = await cluster();
    for (const lock of ['other', 'third']) await a.release(await a.granted({ lock }));
    const listed = await requestsOf(async () => {
      for await (const { lock } of a.provider.list('', NEVER)) expect(lock).toBeTruthy();
    });
    expect(listed).toEqual(['GET list', 'GET', 'GET', 'GET']);
  });
});
