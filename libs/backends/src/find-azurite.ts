import { startAzurite } from './azurite.js';
import { type BlobAccount, blobAccount } from './blob-account.js';

/** An account for what neither ends nor freezes its store. */
export interface FoundAzurite extends BlobAccount, AsyncDisposable {
  stop(): Promise<void>;
}

/**
 * The account of `AZURE_STORAGE_CONNECTION_STRING`, if that is set; otherwise that of an Azurite of its own. Tests make
 * containers with names of their own there, and leave them behind.
 */
export async function findAzurite(): Promise<FoundAzurite> {
  const connectionString = process.env['AZURE_STORAGE_CONNECTION_STRING']?.trim();
  if (!connectionString) return startAzurite();
  const { url } = blobAccount(connectionString);
  const nothing = async (): Promise<void> => {};
  return { url, connectionString, stop: nothing, [Symbol.asyncDispose]: nothing };
}
