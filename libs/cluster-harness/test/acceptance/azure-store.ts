import { type AzuriteServer, startAzurite } from '@leased-jobs/backends';
import { StaleFencingTokenError, uploadFenced } from '@leased-jobs/provider-azure-blob';
import { BlobServiceClient, type BlockBlobClient } from '@azure/storage-blob';
import type { Store } from './together.js';

/** An Azurite of its own, the blob of the worker's lock, and a fenced write beside it. */
export interface AzureStore extends Store {
  readonly server: AzuriteServer;
  readonly lockBlob: BlockBlobClient;
  readonly writeFenced: (fencingToken: number) => Promise<boolean>;
}

export async function openAzurite(): Promise<AzureStore> {
  const server = await startAzurite();
  const container = BlobServiceClient.fromConnectionString(server.connectionString).getContainerClient(
    'worker',
  );
  const report = container.getBlockBlobClient('report');
  return {
    server,
    lockBlob: container.getBlockBlobClient('worker/work.json'),
    env: {
      LEASED_JOBS_BACKEND: 'azure-blob',
      LEASED_JOBS_CONTAINER: container.containerName,
      AZURE_STORAGE_CONNECTION_STRING: server.connectionString,
    },
    async writeFenced(fencingToken) {
      try {
        await uploadFenced(report, String(fencingToken), {
          fencingToken,
          signal: AbortSignal.timeout(5_000),
        });
        return true;
      } catch (thrown) {
        if (thrown instanceof StaleFencingTokenError) return false;
        throw thrown;
      }
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
