import { describe, expect, it } from '@jest/globals';
import { clusterEnvironment } from '../../src/cluster/cluster-environment.js';

describe('the environment of the instances', () => {
  it('is the file backend in a folder of its own, with a short ttl, and all that was given', () => {
    expect(clusterEnvironment({ PATH: '/bin', LEASED_JOBS_BACKEND: '' }, '/shop')).toEqual({
      PATH: '/bin',
      LEASED_JOBS_BACKEND: 'file',
      LEASED_JOBS_NAMESPACE: 'leased-jobs-demo',
      LEASED_JOBS_DIRECTORY: '/shop/.leased-jobs/demo',
      LEASED_JOBS_TTL: '6000',
    });
  });

  it('leaves alone whatever was set', () => {
    const given = {
      LEASED_JOBS_BACKEND: 'redis',
      LEASED_JOBS_NAMESPACE: 'mine',
      LEASED_JOBS_TTL: '9000',
      REDIS_URL: 'redis://localhost',
    };
    expect(clusterEnvironment(given, '/shop')).toEqual(given);
  });

  it('asks no backend for a ttl that it may not grant', () => {
    expect(clusterEnvironment({ LEASED_JOBS_BACKEND: 'azure-blob' }, '/')).toMatchObject({
      LEASED_JOBS_TTL: '15000',
    });
    expect(clusterEnvironment({ LEASED_JOBS_BACKEND: 'their-backend' }, '/')).not.toHaveProperty(
      'LEASED_JOBS_TTL',
    );
  });
});
