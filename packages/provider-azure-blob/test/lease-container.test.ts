import { describe, expect, it } from '@jest/globals';
import { BlobServiceClient } from '@azure/storage-blob';
import { ConfigurationError } from '@leased-jobs/core';
import { AzureBlobLeaseProvider, type AzureBlobLeaseOptions } from '../src/index.js';
import { leaseContainer } from '../src/lease-container.js';

const KEY = Buffer.from('the account key').toString('base64');
const CONNECTION_STRING = `DefaultEndpointsProtocol=https;AccountName=news;AccountKey=${KEY};EndpointSuffix=core.windows.net`;
const SAS_CONNECTION_STRING =
  'BlobEndpoint=https://news.blob.core.windows.net/;SharedAccessSignature=sv=2024-11-04&sp=rcwl&sig=abc';
const service = BlobServiceClient.fromConnectionString(CONNECTION_STRING);

function containerOf(options: unknown) {
  const container = leaseContainer(options as AzureBlobLeaseOptions);
  container.close();
  return container;
}

describe('the container of the leases', () => {
  it.each([
    ['a connection string', { connectionString: CONNECTION_STRING }, 'leased-jobs'],
    ['one with line ends around it', { connectionString: ` ${CONNECTION_STRING}\n` }, 'leased-jobs'],
    ['one with a SAS', { connectionString: SAS_CONNECTION_STRING, container: 'locks-2' }, 'locks-2'],
    ['a URL with a SAS', { accountUrl: 'https://news.blob.core.windows.net/?sv=1&sig=abc' }, 'leased-jobs'],
    [
      'a URL and a credential',
      { accountUrl: 'https://news.blob.core.windows.net', credential: service.credential },
      'leased-jobs',
    ],
    ['a BlobServiceClient', { client: service }, 'leased-jobs'],
    ['a BlobServiceClient and a name', { client: service, container: 'a0b' }, 'a0b'],
    ['a ContainerClient', { client: service.getContainerClient('mine') }, 'mine'],
  ])('is found by %s', (_, options, name) => {
    const { client } = containerOf(options);
    expect(client.containerName).toBe(name);
    expect(new URL(client.url).href.startsWith(`https://news.blob.core.windows.net/${name}`)).toBe(true);
  });

  it('is asked once by a client of our own, and may be asked again by one of the user', () => {
    expect(containerOf({ connectionString: CONNECTION_STRING }).oneTry).toBe(true);
    expect(containerOf({ client: service }).oneTry).toBe(false);
  });

  it.each([
    '',
    'ab',
    'a'.repeat(64),
    'Leases',
    'a--b',
    '-ab',
    'ab-',
    'a_b',
    'a.b',
    '$root',
    'läuse',
    7,
    null,
  ])('cannot be called %j', (container) => {
    expect(() => containerOf({ connectionString: CONNECTION_STRING, container })).toThrow(ConfigurationError);
    expect(() => containerOf({ client: service, container })).toThrow(
      'Choose 3 to 63 lower-case letters, digits and single dashes',
    );
  });

  it.each([
    [{}, 'The options say nothing of an account'],
    [{ connectionString: undefined }, 'is of the type undefined'],
    [{ connectionString: '' }, 'it has no part such as AccountName'],
    [{ connectionString: KEY }, 'it has no part such as AccountName'],
    [{ connectionString: `AccountKey=${KEY};AccountName=news` }, 'it has AccountKey, AccountName'],
    [{ accountUrl: 'news' }, 'a text of 4 characters'],
    [{ accountUrl: 'ftp://news' }, 'is no URL of a storage account'],
    [
      { accountUrl: `https://${KEY.slice(0, 8)}:x@news`, credential: service.credential },
      'without a user name',
    ],
    [{ accountUrl: 'https://news.blob.core.windows.net/?sv=1' }, 'no SAS in its query, and no credential'],
    [{ client: {} }, 'is no client of @azure/storage-blob'],
    [{ client: null }, 'is no client of @azure/storage-blob'],
    [{ client: service.getContainerClient('mine'), container: 'yours' }, 'but the client is one of "mine"'],
  ])('is not found by %j', (options, message) => {
    let thrown: unknown;
    try {
      containerOf(options);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ConfigurationError);
    expect(String(thrown)).toContain(message);
    expect(String(thrown)).not.toContain(KEY.slice(0, 8));
  });
});

describe('a provider', () => {
  it.each([15_500, 10_000, 61_000, 15_000.5])(
    'refuses a ttl of %d ms before anything is sent',
    async (ttl) => {
      const provider = new AzureBlobLeaseProvider({ connectionString: CONNECTION_STRING });
      const request = { lock: 'news', grantId: 'g', holder: 'a', ttl };
      const acquired = provider.acquire(request, new AbortController().signal);
      await expect(acquired).rejects.toThrow(RangeError);
      await expect(acquired).rejects.toThrow(/1[56]000/);
      await provider.close();
    },
  );
});
