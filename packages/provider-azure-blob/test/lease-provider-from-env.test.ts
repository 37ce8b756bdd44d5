import { describe, expect, it } from '@jest/globals';
import { ConfigurationError } from '@leased-jobs/core';
import { leaseProviderFromEnv } from '../src/index.js';

const KEY = Buffer.from('the account key').toString('base64');
const CONNECTION_STRING = `DefaultEndpointsProtocol=https;AccountName=news;AccountKey=${KEY};EndpointSuffix=core.windows.net`;

describe('the provider from the environment', () => {
  it.each([
    ['a connection string', { AZURE_STORAGE_CONNECTION_STRING: CONNECTION_STRING }],
    ['a URL with a SAS', { AZURE_STORAGE_ACCOUNT_URL: 'https://news.blob.core.windows.net/?sv=1&sig=abc' }],
    [
      'a container too',
      { AZURE_STORAGE_CONNECTION_STRING: CONNECTION_STRING, LEASED_JOBS_CONTAINER: ' my-leases ' },
    ],
  ])('is made of %s', async (_, env) => {
    const provider = await leaseProviderFromEnv(env);
    expect(provider.name).toBe('azure-blob');
    expect(provider.limits).toEqual({
      minTtl: 15_000,
      maxTtl: 60_000,
      ttlStep: 1_000,
      granularity: 1_000,
      excludes: 'cluster',
    });
    await provider.close();
  });

  it.each([
    [{}, 'AZURE_STORAGE_CONNECTION_STRING'],
    [
      { AZURE_STORAGE_CONNECTION_STRING: ' ', AZURE_STORAGE_ACCOUNT_URL: '' },
      'The azure-blob backend needs an account',
    ],
    [{ AZURE_STORAGE_CONNECTION_STRING: KEY }, 'AZURE_STORAGE_CONNECTION_STRING is no connection string'],
    [{ AZURE_STORAGE_ACCOUNT_URL: KEY }, 'AZURE_STORAGE_ACCOUNT_URL is no URL of a storage account'],
    [
      { AZURE_STORAGE_CONNECTION_STRING: CONNECTION_STRING, LEASED_JOBS_CONTAINER: 'My_Leases' },
      'LEASED_JOBS_CONTAINER is "My_Leases", which is no name of a container',
    ],
  ])('is refused for %j', async (env, message) => {
    const thrown: unknown = await leaseProviderFromEnv(env).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(ConfigurationError);
    expect(String(thrown)).toContain(message);
    expect(String(thrown)).not.toContain(KEY);
  });

  it('says to install @azure/identity where that is needed and missing', async () => {
    const made = leaseProviderFromEnv({ AZURE_STORAGE_ACCOUNT_URL: 'https://news.blob.core.windows.net' });
    await expect(made).rejects.toThrow(ConfigurationError);
    await expect(made).rejects.toThrow('npm install @azure/identity');
  });
});
