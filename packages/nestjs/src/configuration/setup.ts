import { asError, ConfigurationError, JobEngine, type LeaseProvider } from '@leased-jobs/core';
import type { LeasedJobsModuleOptions } from '../module-options.js';
import { importPackage } from './import-package.js';
import { renewalWorkerOf } from '../renewal/renewal-worker-of.js';
import { loadBackend } from './load-backend.js';
import { configurationError, origin, resolveSettings, type Settings } from './settings.js';
import { UnusableProvider } from './unusable-provider.js';

/** The app's engine, made once, and everything that is wrong with the settings that it was made from. */
export interface Setup {
  readonly engine: JobEngine;
  readonly settings: Settings;
  readonly provider: LeaseProvider;
  /** More is found when the jobs are collected. With the first problem, the engine is never started. */
  readonly problems: string[];
}

/** The DI token. */
export const SETUP = 'leased-jobs:setup';

/** Asks no store, so that an app whose start fails elsewhere leaves nothing open. */
export async function createSetup(options: LeasedJobsModuleOptions | undefined): Promise<Setup> {
  const problems: string[] = [];
  const settings = resolveSettings(options, problems);
  const loaded = await providerOf(settings, origin('backend', options), problems);
  if (loaded && problems.length === 0) {
    try {
      return { engine: engineOf(settings, loaded), settings, provider: loaded, problems };
    } catch (thrown) {
      if (!(thrown instanceof ConfigurationError)) throw thrown;
      problems.push(`${origin('ttl', options)}: ${thrown.message}`);
    }
  }
  const provider = new UnusableProvider(() => configurationError(problems), loaded);
  return { engine: engineOf({ ...settings, ttl: undefined }, provider), settings, provider, problems };
}

function engineOf(settings: Settings, provider: LeaseProvider): JobEngine {
  const { namespace, ttl, drainTimeout, enabled, instance, clock } = settings;
  const { backend, env, renewal, maxBlocked } = settings;
  return new JobEngine({
    provider,
    enabled,
    ...(namespace !== undefined && { namespace }),
    ...(ttl !== undefined && { ttl }),
    ...(drainTimeout !== undefined && { drainTimeout }),
    ...(instance !== undefined && { instance }),
    ...(clock && { clock }),
    ...(renewal === 'worker' &&
      typeof backend === 'string' && {
        renewalWorker: {
          open: renewalWorkerOf(backend, env),
          ...(maxBlocked !== undefined && { maxBlocked }),
        },
      }),
  });
}

async function providerOf(
  { backend, env, clock }: Settings,
  where: string,
  problems: string[],
): Promise<LeaseProvider | undefined> {
  if (backend === undefined) return undefined;
  try {
    return await loadBackend(backend, { origin: where, env, clock, directory: process.cwd(), importPackage });
  } catch (thrown) {
    problems.push(asError(thrown).message);
    return undefined;
  }
}
