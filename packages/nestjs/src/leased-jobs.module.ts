import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Leases } from '@leased-jobs/core';
import { createSetup, SETUP, type Setup } from './configuration/setup.js';
import { LeasedJobs } from './leased-jobs.js';
import { JobCollection } from './lifecycle/job-collection.js';
import { JobLifecycleModule } from './lifecycle/job-lifecycle.module.js';
import {
  ConfigurableModuleClass,
  LEASED_JOBS_OPTIONS,
  type LeasedJobsModuleOptions,
} from './module-options.js';
import { RegistryMirror } from './registry/registry-mirror.js';
import { SECTIONS, Sections } from './sections/sections.js';
import { StartupCoordinator } from './startup/startup-coordinator.js';

/**
 * Runs the jobs of this app, each on one instance at a time. Import it once, in the root module: it is global, and
 * provides `Leases`, `LeasedJobs` and `StartupCoordinator`.
 *
 * Everything is checked before any module starts, and all that is wrong is told in one `ConfigurationError`. Jobs tick
 * once the whole app has bootstrapped. When the app stops they are drained before any other module is destroyed; for
 * SIGTERM that needs `app.enableShutdownHooks()`.
 *
 * @example
 * ```ts
 * @Module({ imports: [LeasedJobsModule.forRoot()], providers: [Newsletter] })
 * export class AppModule {}
 * ```
 */
@Global()
@Module({
  imports: [JobLifecycleModule],
  providers: [
    { provide: SECTIONS, useClass: Sections },
    {
      provide: SETUP,
      inject: [LEASED_JOBS_OPTIONS, SECTIONS],
      useFactory: async (
        options: LeasedJobsModuleOptions | undefined,
        sections: Sections,
      ): Promise<Setup> => {
        const setup = await createSetup(options);
        sections.open(setup.engine);
        return setup;
      },
    },
    { provide: Leases, inject: [SETUP], useFactory: ({ engine }: Setup) => engine.leases },
    {
      provide: StartupCoordinator,
      inject: [SETUP],
      useFactory: ({ settings }: Setup) => new StartupCoordinator(settings.clock),
    },
    RegistryMirror,
    LeasedJobs,
    JobCollection,
  ],
  exports: [SETUP, SECTIONS, RegistryMirror, Leases, LeasedJobs, StartupCoordinator],
})
export class LeasedJobsModule extends ConfigurableModuleClass {
  /** Without options, everything is taken from the environment. */
  static override forRoot(options: LeasedJobsModuleOptions = {}): DynamicModule {
    return super.forRoot(options);
  }
}
