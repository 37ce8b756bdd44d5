import { parentPort, workerData } from 'node:worker_threads';
import { serveRenewals } from '@leased-jobs/core';
import { importPackage } from '../configuration/import-package.js';
import { loadBackend } from '../configuration/load-backend.js';
import { VARIABLES } from '../configuration/settings.js';
import type { RenewalWorkerData } from './renewal-worker-of.js';

// What the worker runs. If its provider cannot be made, it ends with that error, and the app renews by itself.
const { backend, env, directory, ...settings } = workerData as RenewalWorkerData;
const provider = await loadBackend(backend, {
  origin: VARIABLES.backend,
  env,
  clock: undefined,
  directory,
  importPackage,
});
if (parentPort) serveRenewals(parentPort, provider, settings);
