import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  BlobServiceClient,
  type ContainerClient,
  ContainerSASPermissions,
  generateAccountSASQueryParameters,
  generateBlobSASQueryParameters,
  type StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { type AzuriteServer, startAzurite } from '@leased-jobs/backends';
import { isRefusal } from '@leased-jobs/core';
import { AzureBlobLeaseProvider } from '../src/index.js';

/** What the README says of a SAS, in its own words. */
const README = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
const WITH_A_SAS = /^- With a SAS: [^]*?(?=^- )/m.exec(README)?.[0].replaceAll(/\s+/g, ' ') ?? '';
const lettersAfter = (words: string): string =>
  (new RegExp(`${words} ((?:(?:, | and )?\`\\w\`)+)`).exec(WITH_A_SAS)?.[1] ?? '').replaceAll(
    /`|, | and /g,
    '',
  );
const PERMISSIONS = lettersAfter('the permissions');

const signal = AbortSignal.timeout(60_000);

async function runOneSlot(provider: AzureBlobLeaseProvider): Promise<void> {
  const job = { name: 'send', slot: 1, mark: 'at-release', tolerance: 5_000 } as const;
  const request = { lock: 'news', grantId: randomUUID(), holder: 'a', ttl: 15_000, job };
  const grant = await provider.acquire(request, signal);
  if (isRefusal(grant)) throw new Error(grant.refused);
  expect(await provider.acquire({ ...request, grantId: randomUUID() }, signal)).toMatchObject({
    refused: 'held',
  });
  expect(await provider.renew(grant, 15_000, signal)).toBe(true);
  await provider.release(grant, { job: { name: 'send', slot: 1 } }, signal);
  expect(await provider.setPaused('news', 'send', true, signal)).toBeNull();
  expect(await provider.read('news', signal)).toMatchObject({
    jobs: { send: { lastSlot: 1, paused: true } },
  });
}

async function locksOf(provider: AzureBlobLeaseProvider): Promise<readonly string[]> {
  const locks: string[] = [];
  for await (const { lock } of provider.list('', signal)) locks.push(lock);
  return locks;
}

describe('a SAS with the permissions of the README, and no other', () => {
  let azurite: AzuriteServer;
  let credential: StorageSharedKeyCredential;
  let container: ContainerClient;
  let containers = 0;
  const expiresOn = new Date(Date.now() + 3_600_000);

  beforeAll(async () => {
    azurite = await startAzurite();
    const service = BlobServiceClient.fromConnectionString(azurite.connectionString);
    credential = service.credential as StorageSharedKeyCredential;
    container = service.getContainerClient('made-before');
    await container.create();
  }, 30_000);
  afterAll(() => azurite.stop());

  const providerWith = (sas: string, name: string): AzureBlobLeaseProvider =>
    new AzureBlobLeaseProvider({ accountUrl: `${azurite.url}?${sas}`, container: name });
  const forTheContainer = (permissions: string): string => {
    const { containerName } = container;
    const allowed = ContainerSASPermissions.parse(permissions);
    return generateBlobSASQueryParameters(
      { containerName, permissions: allowed, expiresOn },
      credential,
    ).toString();
  };
  const forTheAccount = (permissions: string): string =>
    generateAccountSASQueryParameters(
      {
        permissions: AccountSASPermissions.parse(permissions),
        services: AccountSASServices.parse(lettersAfter('the service')).toString(),
        resourceTypes: AccountSASResourceTypes.parse(lettersAfter('the resource types')).toString(),
        expiresOn,
      },
      credential,
    ).toString();

  it('does for a container that is there', async () => {
    const provider = providerWith(forTheContainer(PERMISSIONS), container.containerName);
    await runOneSlot(provider);
    expect(await locksOf(provider)).toEqual(['news']);
    await provider.close();
  });

  it('does for an account, the container of which is made', async () => {
    const provider = providerWith(forTheAccount(PERMISSIONS), `made-now-${++containers}`);
    await runOneSlot(provider);
    expect(await locksOf(provider)).toEqual(['news']);
    await provider.close();
  });

  it('needs the right to list for lists only', async () => {
    expect(PERMISSIONS).toBe('rwl');
    const provider = providerWith(forTheAccount('rw'), `made-now-${++containers}`);
    await runOneSlot(provider);
    await expect(locksOf(provider)).rejects.toMatchObject({ kind: 'denied' });
    await provider.close();
  });

  it.each(['r', 'w'])('does not do without the right %s', async (right) => {
    const provider = providerWith(forTheAccount(PERMISSIONS.replace(right, '')), `made-now-${++containers}`);
    await expect(runOneSlot(provider)).rejects.toMatchObject({
      kind: 'denied',
      message: expect.stringContaining('permissions r, w and l'),
    });
    await provider.close();
  });
});
