export { AzureBlobLeaseProvider } from './azure-blob-lease-provider.js';
export type { AzureBlobLeaseOptions } from './lease-container.js';
export type { AzureCredential } from './account.js';
export { leaseProviderFromEnv } from './lease-provider-from-env.js';
export { type FencedUpload, uploadFenced } from './fenced-upload.js';
export { StaleFencingTokenError } from '@leased-jobs/core';
