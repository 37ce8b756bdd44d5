export { LeasedJobsModule } from './leased-jobs.module.js';
export {
  type Environment,
  LEASED_JOBS_OPTIONS,
  type LeasedJobsModuleOptions,
  type LeasedJobsOptionsFactory,
} from './module-options.js';
export { type CronJobOptions, ExclusiveCron } from './decorators/exclusive-cron.js';
export { Exclusive, type ExclusiveDecorator } from './decorators/exclusive.js';
export { ExclusiveInterval, type IntervalJobOptions } from './decorators/exclusive-interval.js';
export { type BootstrapJobOptions, ExclusiveOnBootstrap } from './decorators/exclusive-on-bootstrap.js';
export { ExclusiveService, type ServiceJobOptions } from './decorators/exclusive-service.js';
export { ExclusiveWorker } from './decorators/exclusive-worker.js';
export type { FromDi, Injected, InjectionTokens } from './decorators/from-di.js';
export type { JobOptions } from './decorators/job-declaration.js';
export type { JobInfo } from './job-info.js';
export { LeasedJobs } from './leased-jobs.js';
export type { ExclusiveOptions, LockOf } from './sections/section-declaration.js';
export { ComponentNotReadyError } from './startup/component-not-ready-error.js';
export { StartupCoordinator } from './startup/startup-coordinator.js';

export { cron } from './schedules/cron.js';

// What an app touches of the core, so that one import is enough.
export {
  currentRun,
  fixedDelay,
  interval,
  type JobDefinition,
  type JobRun,
  type Lease,
  type LeasedJobsEvent,
  Leases,
  LockHeldError,
  type PauseOptions,
  type RetryPolicy,
  type RunNowAnswer,
  StartupError,
} from '@leased-jobs/core';
