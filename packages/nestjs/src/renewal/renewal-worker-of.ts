import { Worker } from 'node:worker_threads';
import type { RenewalSettings, RenewalWorker } from '@leased-jobs/core';
import type { Settings } from '../configuration/settings.js';

/** What the worker is given to make a provider of its own with. */
export interface RenewalWorkerData extends RenewalSettings {
  readonly backend: string;
  readonly env: Settings['env'];
  readonly directory: string;
}

/** How the worker of an app is made. */
export function renewalWorkerOf(
  backend: string,
  env: Settings['env'],
): (settings: RenewalSettings) => RenewalWorker {
  return (settings) => {
    const data: RenewalWorkerData = {
      ...settings,
      backend,
      env: { ...env },
      directory: process.cwd(),
    };
    return new Worker(new URL('renewal-worker.js', import.meta.url), {
      name: 'leased-jobs',
      workerData: data,
    });
  };
}
