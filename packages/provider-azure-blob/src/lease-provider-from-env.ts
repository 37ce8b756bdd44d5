import { asError, ConfigurationError, type LeaseProvider } from '@leased-jobs/core';
import { accountOfConnectionString, accountUrl, type AzureCredential, hasSas } from './account.js';
import { AzureBlobLeaseProvider } from './azure-blob-lease-provider.js';
import { assertContainerName, DEFAULT_CONTAINER } from './container-name.js';
import { redacted } from './azure-store-error.js';

/**
 * The provider of the account in `AZURE_STORAGE_CONNECTION_STRING`, or in `AZURE_STORAGE_ACCOUNT_URL`: with the SAS in
 * its query, or else as whom the `DefaultAzureCredential` of `@azure/identity` finds. The container is
 * `LEASED_JOBS_CONTAINER`, by default `leased-jobs`.
 *
 * @throws ConfigurationError if a variable is missing or wrong, or `@azure/identity` is needed and not installed.
 */
export async function leaseProviderFromEnv(env: NodeJS.ProcessEnv): Promise<LeaseProvider> {
  const container = env[CONTAINER]?.trim() || DEFAULT_CONTAINER;
  assertContainerName(container, CONTAINER);
  const connectionString = env[CONNECTION_STRING]?.trim();
  const url = env[ACCOUNT_URL]?.trim();
  if (connectionString) {
    // Looked at here, so that what is wrong with it is told by the name of the variable.
    accountOfConnectionString(connectionString, CONNECTION_STRING);
    return new AzureBlobLeaseProvider({ connectionString, container });
  }
  if (!url) {
    throw new ConfigurationError(
      `The azure-blob backend needs an account. Set ${CONNECTION_STRING}, ` +
        `or ${ACCOUNT_URL} to https://<account>.blob.core.windows.net`,
    );
  }
  if (hasSas(accountUrl(url, ACCOUNT_URL))) return new AzureBlobLeaseProvider({ accountUrl: url, container });
  return new AzureBlobLeaseProvider({ accountUrl: url, container, credential: await defaultCredential() });
}

async function defaultCredential(): Promise<AzureCredential> {
  try {
    const { DefaultAzureCredential } = (await import(IDENTITY)) as {
      readonly DefaultAzureCredential: new () => AzureCredential;
    };
    return new DefaultAzureCredential();
  } catch (thrown) {
    throw new ConfigurationError(
      `${ACCOUNT_URL} has no SAS in its query, so the credential is taken from ${IDENTITY}, which could not be used: ` +
        `${redacted(asError(thrown).message.split('\n', 1)[0] ?? '')}. Run: npm install ${IDENTITY}`,
    );
  }
}

const CONNECTION_STRING = 'AZURE_STORAGE_CONNECTION_STRING';
const ACCOUNT_URL = 'AZURE_STORAGE_ACCOUNT_URL';
const CONTAINER = 'LEASED_JOBS_CONTAINER';
/** No literal in the import, for whoever needs no identity need not have it installed. */
const IDENTITY: string = '@azure/identity';
