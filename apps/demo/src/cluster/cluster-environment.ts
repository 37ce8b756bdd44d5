import { join } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment of every instance: what was given, and where nothing was given, what makes the demo worth looking at:
 * the embedded backend, a folder of its own, and a ttl that is short enough for a renewal in each newsletter.
 */
export function clusterEnvironment(given: Environment, directory: string): Environment {
  const backend = given['LEASED_JOBS_BACKEND'] || 'file';
  const ttl = given['LEASED_JOBS_TTL'] || SHORT_TTLS[backend];
  return {
    ...given,
    LEASED_JOBS_BACKEND: backend,
    LEASED_JOBS_NAMESPACE: given['LEASED_JOBS_NAMESPACE'] || 'leased-jobs-demo',
    ...(backend === 'file' && {
      LEASED_JOBS_DIRECTORY: given['LEASED_JOBS_DIRECTORY'] || join(directory, '.leased-jobs', 'demo'),
    }),
    ...(ttl !== undefined && { LEASED_JOBS_TTL: ttl }),
  };
}

/** Milliseconds. Azure leases for 15 s at least; what an unknown backend can do is not known here. */
const SHORT_TTLS: Readonly<Record<string, string>> = {
  file: '6000',
  memory: '6000',
  redis: '6000',
  'azure-blob': '15000',
};
