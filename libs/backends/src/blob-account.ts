/** A storage account, as tests go there. */
export interface BlobAccount {
  /** Of the blob service: `http://127.0.0.1:10000/devstoreaccount1`. */
  readonly url: string;
  readonly connectionString: string;
}

interface Credentials {
  readonly name: string;
  readonly key: string;
}

/**
 * The account in a connection string with an account key; `UseDevelopmentStorage=true` is the Azurite on its usual port.
 *
 * @throws Error if it is another one. It shows nothing of it.
 */
export function blobAccount(connectionString: string): BlobAccount & { readonly credentials: Credentials } {
  const parts = new Map<string, string>();
  for (const part of connectionString.split(';')) {
    const at = part.indexOf('=');
    if (at > 0) parts.set(part.slice(0, at).trim(), part.slice(at + 1).trim());
  }
  if (parts.get('UseDevelopmentStorage') === 'true') {
    const url = `http://127.0.0.1:10000/${DEVELOPMENT_ACCOUNT.name}`;
    return { url, connectionString, credentials: DEVELOPMENT_ACCOUNT };
  }
  const [name, key] = [parts.get('AccountName'), parts.get('AccountKey')];
  if (!name || !key) {
    throw new Error(
      'AZURE_STORAGE_CONNECTION_STRING is set, and has no AccountName and AccountKey, which the tests need to go there by ' +
        'a proxy. Set it to another one, or unset it: then an Azurite of their own is started.',
    );
  }
  const suffix = parts.get('EndpointSuffix') ?? 'core.windows.net';
  const url = parts.get('BlobEndpoint') ?? `https://${name}.blob.${suffix}`;
  return { url: url.replace(/\/$/, ''), connectionString, credentials: { name, key } };
}

/** For an account that is reached under another URL, such as that of a proxy. */
export function connectionStringAt({ name, key }: Credentials, url: string): string {
  return `DefaultEndpointsProtocol=http;AccountName=${name};AccountKey=${key};BlobEndpoint=${url};`;
}

/** The one account of every Azurite, with a key that its documentation publishes. */
export const DEVELOPMENT_ACCOUNT: Credentials = {
  name: 'devstoreaccount1',
  key: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
};
