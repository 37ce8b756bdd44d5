import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { ConfigurationError, show } from '@leased-jobs/core';
import {
  BlobServiceClient,
  type ContainerClient,
  newPipeline,
  type RequestPolicyFactory,
} from '@azure/storage-blob';
import {
  type AzureAccount,
  accountOfConnectionString,
  accountOfUrl,
  type AzureCredential,
  unhurried,
} from './account.js';
import { assertContainerName, DEFAULT_CONTAINER } from './container-name.js';

/** Where the leases are, and as whom to go there: one of three ways. */
export type AzureBlobLeaseOptions = {
  /** The container, made if it is missing. Default: `leased-jobs`. */
  readonly container?: string;
} & (
  | {
      /** As the portal shows it: with an account key, or with a SAS. */
      readonly connectionString: string;
    }
  | {
      /** `https://<account>.blob.core.windows.net`, with a SAS in its query unless there is a credential. */
      readonly accountUrl: string;
      /** Such as a `DefaultAzureCredential` of `@azure/identity`, or a `StorageSharedKeyCredential`. */
      readonly credential?: AzureCredential;
    }
  | {
      /** A client of yours. It is used as it is, with its own retries and time-outs, and not closed. */
      readonly client: BlobServiceClient | ContainerClient;
    }
);

/** A container, the way to it, and what must be closed in the end. */
export interface LeaseContainer {
  readonly client: ContainerClient;
  /** Whether a request is sent once. A client of the user's may send it again. */
  readonly oneTry: boolean;
  close(): void;
}

/** @throws ConfigurationError if the options cannot work. Nothing is sent. */
export function leaseContainer(options: AzureBlobLeaseOptions): LeaseContainer {
  if ('client' in options) return { client: givenContainer(options), oneTry: false, close() {} };
  const { container = DEFAULT_CONTAINER } = options;
  assertContainerName(container, 'The option "container"');
  const { url, credential } = accountOf(options);
  const sockets = new Sockets();
  const pipeline = newPipeline(unhurried(credential), { retryOptions: { maxTries: 1 } });
  pipeline.factories.push(sockets.policy);
  const client = new BlobServiceClient(url, pipeline).getContainerClient(container);
  return { client, oneTry: true, close: () => sockets.close() };
}

function accountOf(options: Exclude<AzureBlobLeaseOptions, { client: unknown }>): AzureAccount {
  if ('connectionString' in options) {
    return accountOfConnectionString(options.connectionString, 'The option "connectionString"');
  }
  if ('accountUrl' in options) {
    return accountOfUrl(options.accountUrl, options.credential, 'The option "accountUrl"');
  }
  throw new ConfigurationError(
    'The options say nothing of an account. Pass a "connectionString", an "accountUrl" or a "client".',
  );
}

function givenContainer({
  client,
  container,
}: Extract<AzureBlobLeaseOptions, { client: unknown }>): ContainerClient {
  if (typeof client === 'object' && client !== null) {
    if ('getContainerClient' in client) {
      const name: unknown = container === undefined ? DEFAULT_CONTAINER : container;
      assertContainerName(name, 'The option "container"');
      return client.getContainerClient(name);
    }
    if (typeof client.getBlockBlobClient === 'function' && typeof client.containerName === 'string') {
      if (container === undefined || container === client.containerName) return client;
      throw new ConfigurationError(
        `The option "container" says ${show(container)}, but the client is one of ${show(client.containerName)}. ` +
          'Leave the option out.',
      );
    }
  }
  throw new ConfigurationError(
    'The option "client" is no client of @azure/storage-blob. Pass a BlobServiceClient or a ContainerClient.',
  );
}

/** The sockets of one provider: kept alive between requests, and ended with it. */
class Sockets {
  readonly #http = new HttpAgent({ keepAlive: true });
  readonly #https = new HttpsAgent({ keepAlive: true });

  /** A request that goes through a proxy has an agent already. */
  readonly policy: RequestPolicyFactory = {
    create: (next) => ({
      sendRequest: (request) => {
        request.agent ??= request.url.startsWith('https:') ? this.#https : this.#http;
        return next.sendRequest(request);
      },
    }),
  };

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}
