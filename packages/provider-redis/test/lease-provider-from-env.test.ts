import { describe, expect, it } from '@jest/globals';
import { ConfigurationError } from '@leased-jobs/core';
import { leaseProviderFromEnv } from '../src/index.js';

async function failureOf(url: string | undefined): Promise<Error> {
  try {
    await leaseProviderFromEnv(url === undefined ? {} : { REDIS_URL: url });
  } catch (thrown) {
    return thrown as Error;
  }
  throw new Error('it did not fail');
}

describe('the provider from the environment', () => {
  it.each([
    [undefined, 'REDIS_URL is not set'],
    ['  ', 'REDIS_URL is not set'],
    ['cache:6379', 'no URL'],
    ['app:s3cret@cache:6379', 'no URL'],
    ['//app:s3cret@cache:6379', 'no URL'],
    ['redis://app:s3cret/x@cache', 'no URL'],
    ['http://app:s3cret@cache/', 'REDIS_URL="http://***@cache/" has a scheme'],
    ['postgres://app:s3cret@cache/0', 'scheme'],
    ['redis://app:s3cret@', 'no URL'],
    ['redis:///0', 'names no host'],
    ['redis://:s3cret@cache/first', 'names a database that is no number'],
    ['redis://cache:99999', 'no URL'],
    ['s3cret', 'no URL'],
  ])('refuses REDIS_URL=%s in a sentence that says what is legal', async (url, part) => {
    const error = await failureOf(url);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain(part);
    expect(error.message).toContain('rediss://');
    expect(error.message).not.toContain('s3cret');
  });

  it.each(['redis://app:12/s3cret@cache:6379', 'redis://app:12#s3cret@cache', 'redis://cache/0#s3cret'])(
    'tells how to write what cuts %s off, and shows nothing of it',
    async (url) => {
      const { message } = await failureOf(url);
      expect(message).toContain('REDIS_URL is cut off. Write % / ? # and @');
      expect(message).not.toMatch(/s3cret|12/);
    },
  );

  it('tells how to write a % in a password, and shows nothing of it', async () => {
    const { message } = await failureOf('redis://app:s3cret%off@cache');
    expect(message).toContain('REDIS_URL has a % that encodes nothing. Write % / ? # and @');
    expect(message).not.toContain('s3cret');
  });

  it.each([
    'redis://cache',
    'rediss://app:s3cret@cache:6380/2',
    'redis://127.0.0.1:6379/',
    ' redis://[::1]:6379 ',
  ])('takes %s, and connects to nothing before it is used', async (url) => {
    const provider = await leaseProviderFromEnv({ REDIS_URL: url });
    expect(provider.name).toBe('redis');
    await provider.close();
  });
});
