import { JobEngine, type LeaseProvider, service } from '@leased-jobs/core';
import { KINDS_NAMESPACE } from '@leased-jobs/cluster-harness';
import type { Store } from '../acceptance/together.js';

/** Somebody outside of the cluster who pauses its jobs: an engine that runs none, as a command line would have it. */
export async function openOperator({ env }: Store, jobs: readonly string[]): Promise<JobEngine> {
  const engine = new JobEngine({ provider: await providerFrom(env), namespace: KINDS_NAMESPACE });
  for (const name of jobs) engine.add({ name, schedule: service(), handler: () => {} });
  return engine;
}

async function providerFrom(env: Store['env']): Promise<LeaseProvider> {
  const backend = env['LEASED_JOBS_BACKEND'];
  if (backend === 'redis') return (await import('@leased-jobs/provider-redis')).leaseProviderFromEnv(env);
  if (backend === 'azure-blob') {
    return (await import('@leased-jobs/provider-azure-blob')).leaseProviderFromEnv(env);
  }
  return (await import('@leased-jobs/provider-file')).leaseProviderFromEnv(env);
}
