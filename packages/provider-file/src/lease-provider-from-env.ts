import type { LeaseProvider } from '@leased-jobs/core';
import { FileLeaseProvider } from './file-lease-provider.js';

/**
 * The provider of the folder in `LEASED_JOBS_DIRECTORY`; without it, of a folder of this user's in the temporary folder
 * of this system. A relative path starts at the working directory, which all instances must then share.
 *
 * @throws ConfigurationError if leases cannot be kept there.
 */
export async function leaseProviderFromEnv(env: NodeJS.ProcessEnv): Promise<LeaseProvider> {
  const directory = env['LEASED_JOBS_DIRECTORY']?.trim();
  return FileLeaseProvider.open(directory ? { directory } : {});
}
