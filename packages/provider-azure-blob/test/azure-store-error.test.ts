import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { StoreError } from '@leased-jobs/core';
import { AzureBlobLeaseProvider } from '../src/index.js';
import { redacted } from '../src/azure-store-error.js';
import { type Answer, azureError, SECRET_KEY, stubAzure } from './support/stub-azure.js';

const NEVER = new AbortController().signal;

function acquire(provider: AzureBlobLeaseProvider, signal = NEVER): Promise<unknown> {
  return provider.acquire({ lock: 'news', grantId: randomUUID(), holder: 'a', ttl: 15_000 }, signal);
}

async function failureOf(answer: Answer): Promise<StoreError> {
  await using azure = await stubAzure(answer);
  try {
    await acquire(azure.provider);
  } catch (thrown) {
    return thrown as StoreError;
  }
  throw new Error('It was granted.');
}

describe('what Azure refuses', () => {
  it.each([
    [403, 'AuthenticationFailed', 'denied', 'no', 'does not know these credentials'],
    [403, 'AuthorizationFailure', 'denied', 'no', 'firewall'],
    [403, 'AuthorizationPermissionMismatch', 'denied', 'no', 'Storage Blob Data Contributor'],
    [403, 'AuthorizationResourceTypeMismatch', 'denied', 'no', 'resource types'],
    [403, 'AuthorizationServiceMismatch', 'denied', 'no', 'service b'],
    [403, 'AuthorizationSourceIPMismatch', 'denied', 'no', 'address of this machine'],
    [403, 'InsufficientAccountPermissions', 'denied', 'no', 'lack a right'],
    [403, 'AccountIsDisabled', 'denied', 'no', 'disabled'],
    [401, 'InvalidAuthenticationInfo', 'denied', 'no', 'does not know these credentials'],
    [401, 'NoAuthenticationInformation', 'denied', 'no', 'does not know these credentials'],
    [404, 'ResourceNotFound', 'denied', 'no', 'does not know these credentials'],
    [409, 'PublicAccessNotPermitted', 'denied', 'no', 'does not know these credentials'],
    [400, 'InvalidResourceName', 'invalid', 'no', 'cannot do what was asked'],
    [400, 'InvalidHeaderValue', 'invalid', 'no', 'cannot do what was asked'],
    [409, 'BlobImmutableDueToPolicy', 'invalid', 'no', 'immutable'],
    [409, 'FeatureVersionMismatch', 'invalid', 'no', 'cannot do what was asked'],
    [409, 'ContainerBeingDeleted', 'transient', 'no', 'state of the account'],
    [409, 'AccountBeingCreated', 'transient', 'no', 'state of the account'],
    [408, 'RequestTimeout', 'transient', 'unknown', 'state of the account'],
    [429, 'TooManyRequests', 'transient', 'no', 'state of the account'],
    [500, 'InternalError', 'transient', 'unknown', 'state of the account'],
    [500, 'OperationTimedOut', 'transient', 'unknown', 'state of the account'],
    [503, 'ServerBusy', 'transient', 'unknown', 'state of the account'],
  ])('with %s %s is %s, applied: %s', async (status, code, kind, applied, help) => {
    const error = await failureOf(azureError(status, code));
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ kind, applied });
    expect(error.message).toContain(`could not be reached: ${status} ${code}.`);
    expect(error.message).toMatch(/^The leases in the container "leased-jobs" at 127\.0\.0\.1:\d+ could not/);
    expect(error.message).toContain(help);
  });

  it('is told by its status where a gateway has answered in plain text', async () => {
    const error = await failureOf((_, response) => {
      response.writeHead(502, { 'content-type': 'text/plain' }).end('Bad Gateway');
    });
    expect(error).toMatchObject({ kind: 'transient', applied: 'unknown' });
    expect(error.message).toContain('502');
  });

  it('shows no key and no signature, however it is printed', async () => {
    const error = await failureOf(azureError(403, 'AuthenticationFailed'));
    const printed = [
      inspect(error, { depth: 20, showHidden: true }),
      String(error.stack),
      JSON.stringify(error),
    ];
    for (const text of printed) {
      expect(text).not.toContain(SECRET_KEY);
      expect(text).not.toContain('SharedKey');
      expect(text).not.toContain('MAC signature');
    }
  });

  it('shows no SAS, however it is printed', async () => {
    await using azure = await stubAzure(azureError(403, 'AuthorizationFailure'));
    const accountUrl = `${azure.accountUrl}?sv=2024-11-04&sp=rl&sig=c2VjcmV0%2Bsignature`;
    const provider = new AzureBlobLeaseProvider({ accountUrl });
    const error: unknown = await acquire(provider).catch((thrown: unknown) => thrown);
    await provider.close();
    expect(error).toBeInstanceOf(StoreError);
    for (const text of [inspect(error, { depth: 20, showHidden: true }), inspect(provider, { depth: 20 })]) {
      expect(text).not.toContain('c2VjcmV0');
    }
  });
});

describe('a store that cannot be reached', () => {
  it('has not applied anything where its port is closed', async () => {
    const azure = await stubAzure(azureError(500, 'InternalError'));
    await azure[Symbol.asyncDispose]();
    const provider = new AzureBlobLeaseProvider({
      accountUrl: `${azure.accountUrl}?sig=x`,
      container: 'leases',
    });
    await expect(acquire(provider)).rejects.toMatchObject({
      kind: 'transient',
      applied: 'no',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    await provider.close();
  });

  it('has not applied anything where there is no such host', async () => {
    const accountUrl = 'http://no-such-account.blob.invalid/?sig=x';
    const provider = new AzureBlobLeaseProvider({ accountUrl });
    await expect(acquire(provider)).rejects.toMatchObject({ kind: 'transient', applied: 'no' });
    await provider.close();
  });

  it('may have applied anything where it breaks the connection', async () => {
    const error = await failureOf((request) => request.socket.destroy());
    expect(error).toMatchObject({ kind: 'transient', applied: 'unknown' });
  });

  it('is not asked a second time', async () => {
    let requests = 0;
    await failureOf((request, response) => {
      requests++;
      azureError(503, 'ServerBusy')(request, response);
    });
    expect(requests).toBe(1);
  });

  it('is left as soon as the signal aborts, with its reason', async () => {
    await using azure = await stubAzure(() => {});
    const reason = new Error('given up');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 20);
    await expect(acquire(azure.provider, controller.signal)).rejects.toBe(reason);
  });
});

describe('a redacted text', () => {
  it.each([
    ['AccountName=a;AccountKey=abc==;X=1', 'AccountName=a;AccountKey=…;X=1'],
    ['https://a/c?sv=1&sig=abc%2B&se=2', 'https://a/c?sv=1&sig=…&se=2'],
    ['SharedAccessSignature=sv=1&sig=abc', 'SharedAccessSignature=…&sig=…'],
    ['Authorization: Bearer abc.def', 'Authorization: Bearer …'],
    ['authorization: SharedKey account:abc=', 'authorization: SharedKey …'],
    ['nothing to hide, design=1', 'nothing to hide, design=1'],
  ])('of %s is %s', (text, expected) => {
    expect(redacted(text)).toBe(expected);
  });
});
