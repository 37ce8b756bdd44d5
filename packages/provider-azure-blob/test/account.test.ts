import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { AzureBlobLeaseProvider } from '../src/index.js';

/** A port of the system's that nobody listens on: a token is got before anything is sent there. */
const ACCOUNT_URL = 'https://127.0.0.1:9/account';

function acquire(provider: AzureBlobLeaseProvider, signal: AbortSignal): Promise<unknown> {
  const request = { lock: 'news', grantId: randomUUID(), holder: 'a', ttl: 15_000 };
  return provider.acquire(request, signal);
}

describe('a credential', () => {
  it('that gives no token is denied', async () => {
    const unavailable = new Error('Run az login.\nTrace: …');
    unavailable.name = 'CredentialUnavailableError';
    const credential = { getToken: () => Promise.reject(unavailable) };
    const provider = new AzureBlobLeaseProvider({ accountUrl: ACCOUNT_URL, credential });
    await expect(acquire(provider, new AbortController().signal)).rejects.toMatchObject({
      kind: 'denied',
      message: expect.stringContaining('CredentialUnavailableError: Run az login.'),
    });
    await provider.close();
  });

  it('may take longer than one try, and is asked once', async () => {
    let asked = 0;
    const credential = {
      getToken: async (_: unknown, options?: object) => {
        asked++;
        expect(options).not.toHaveProperty('abortSignal');
        await new Promise((resolve) => setTimeout(resolve, 60));
        return { token: 'token', expiresOnTimestamp: Date.now() + 3_600_000 };
      },
    };
    const provider = new AzureBlobLeaseProvider({ accountUrl: ACCOUNT_URL, credential });
    const first = AbortSignal.timeout(20);
    await expect(acquire(provider, first)).rejects.toMatchObject({ name: 'TimeoutError' });
    await expect(acquire(provider, AbortSignal.timeout(2_000))).rejects.toMatchObject({
      message: expect.stringContaining('ECONNREFUSED'),
    });
    expect(asked).toBe(1);
    await provider.close();
  });
});
