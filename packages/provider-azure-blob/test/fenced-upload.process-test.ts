import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { type AzuriteServer, startAzurite } from '@leased-jobs/backends';
import { StaleFencingTokenError, uploadFenced } from '../src/index.js';

describe('a fenced upload', () => {
  let azurite: AzuriteServer;
  let container: ContainerClient;

  beforeAll(async () => {
    azurite = await startAzurite();
    container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(
      'reports',
    );
    await container.create();
  }, 30_000);
  afterAll(() => azurite.stop());

  it('writes with the same or a later token, and keeps what metadata there is', async () => {
    const blob = container.getBlockBlobClient('kept');
    await uploadFenced(blob, 'one', {
      fencingToken: 5,
      metadata: { owner: 'news' },
      contentType: 'text/plain',
    });
    await uploadFenced(blob, 'two', { fencingToken: 5 });
    await uploadFenced(blob, Buffer.from('three'), { fencingToken: 1_700_000_000_000_001 });
    expect((await blob.downloadToBuffer()).toString()).toBe('three');
    expect((await blob.getProperties()).metadata).toEqual({
      owner: 'news',
      leasedjobsfence: '1700000000000001',
    });
  });

  it('refuses a stale token, and writes nothing', async () => {
    const blob = container.getBlockBlobClient('stale');
    await uploadFenced(blob, 'new', { fencingToken: 8 });
    const late = uploadFenced(blob, 'old', { fencingToken: 7 });
    await expect(late).rejects.toThrow(StaleFencingTokenError);
    await expect(late).rejects.toMatchObject({ fence: 'stale', fencingToken: 7, newest: 8 });
    expect((await blob.downloadToBuffer()).toString()).toBe('new');
  });

  it('lets the latest token win, however many write at once', async () => {
    const blob = container.getBlockBlobClient('raced');
    const tokens = [3, 9, 1, 7, 5, 8, 2, 6, 4];
    const outcomes = await Promise.allSettled(
      tokens.map((fencingToken) => uploadFenced(blob, String(fencingToken), { fencingToken })),
    );
    expect((await blob.downloadToBuffer()).toString()).toBe('9');
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(StaleFencingTokenError);
    }
  });

  it('throws what the client throws, and its signal', async () => {
    const nowhere = container.getBlockBlobClient('aborted');
    const signal = AbortSignal.abort(new Error('lost'));
    await expect(uploadFenced(nowhere, 'x', { fencingToken: 1, signal })).rejects.toThrow('lost');
  });
});
