import { ConfigurationError } from '@leased-jobs/core';
import { BlobServiceClient, type newPipeline } from '@azure/storage-blob';

export type AzureCredential = NonNullable<Parameters<typeof newPipeline>[0]>;

/** A storage account, and as whom to go there. Messages about it never show a value that may be a secret. */
export interface AzureAccount {
  /** Of the blob service. May hold a SAS. */
  readonly url: string;
  readonly credential: AzureCredential | undefined;
}

/** @throws ConfigurationError if it is none. */
export function accountOfConnectionString(text: unknown, source: string): AzureAccount {
  try {
    const { url, credential } = BlobServiceClient.fromConnectionString((text as string).trim());
    return { url, credential };
  } catch {
    // What the SDK says is left out: it may quote what it was given.
    throw new ConfigurationError(
      `${source} is no connection string of a storage account: ${partsOf(text)}. Copy it whole from the portal, with ` +
        'AccountName and AccountKey, or with BlobEndpoint and SharedAccessSignature.',
    );
  }
}

/** @throws ConfigurationError if it is no URL of an account, or goes there as nobody. */
export function accountOfUrl(
  text: unknown,
  credential: AzureCredential | undefined,
  source: string,
): AzureAccount {
  const url = accountUrl(text, source);
  if (!credential && !hasSas(url)) {
    throw new ConfigurationError(
      `${source} is ${withoutSecrets(url)}, which has no SAS in its query, and no credential comes with it. ` +
        'Pass a credential, such as a DefaultAzureCredential of @azure/identity.',
    );
  }
  return { url: url.href, credential };
}

/** @throws ConfigurationError if it is no such URL. */
export function accountUrl(text: unknown, source: string): URL {
  if (typeof text === 'string' && URL.canParse(text.trim())) {
    const url = new URL(text.trim());
    if (/^https?:$/.test(url.protocol) && !url.username && !url.password) return url;
  }
  const length =
    typeof text === 'string' ? `a text of ${text.length} characters` : `of the type ${typeof text}`;
  throw new ConfigurationError(
    `${source} is no URL of a storage account (it is ${length}). Write https://<account>.blob.core.windows.net, ` +
      'without a user name or a password.',
  );
}

export function hasSas(url: URL): boolean {
  return url.searchParams.has('sig');
}

/**
 * The credential, told of no signal: a token may take longer to get than one try of a request lasts. The client keeps
 * the one request for it going, and the next try finds what it has brought.
 */
export function unhurried(credential: AzureCredential | undefined): AzureCredential | undefined {
  if (!credential || !('getToken' in credential)) return credential;
  return {
    getToken(scopes, options) {
      const { abortSignal: _, ...rest } = options ?? {};
      return credential.getToken(scopes, rest);
    },
  };
}

function withoutSecrets({ origin, pathname }: URL): string {
  return origin + pathname;
}

function partsOf(text: unknown): string {
  if (typeof text !== 'string') return `it is of the type ${typeof text}`;
  const names = text.split(';').flatMap((part) => /^\s*([A-Za-z]{1,40})=/.exec(part)?.[1] ?? []);
  return names.length > 0 ? `it has ${names.join(', ')}` : 'it has no part such as AccountName=…';
}
