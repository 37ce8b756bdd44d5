export { FileLeaseProvider, type FileLeaseOptions } from './file-lease-provider.js';
export { leaseProviderFromEnv } from './lease-provider-from-env.js';
