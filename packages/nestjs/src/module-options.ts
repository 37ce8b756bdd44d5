import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { Clock, LeaseProvider } from '@leased-jobs/core';

/**
 * What `LeasedJobsModule.forRoot()` takes. All of it may be left out: then it comes from the environment. What is
 * given here wins over the environment. All durations are milliseconds.
 */
export interface LeasedJobsModuleOptions {
  /**
   * Where the leases live: `file`, `memory`, `redis`, `azure-blob`, the name of a package that exports
   * `leaseProviderFromEnv(env)`, or a provider. A provider is closed when the app stops.
   *
   * `LEASED_JOBS_BACKEND`. Default: `file`; none in production.
   */
  readonly backend?: string | LeaseProvider;
  /**
   * Put before the name of every lock, so that apps and environments that share a store do not exclude each other.
   *
   * `LEASED_JOBS_NAMESPACE`. Default: the package's name and `NODE_ENV`, as in `shop:production`.
   */
  readonly namespace?: string;
  /** How long a crashed holder blocks the others. `LEASED_JOBS_TTL`. Default: 30 000. */
  readonly ttl?: number;
  /** How long a shutdown waits for runs, and for leases that `Leases` has given. `LEASED_JOBS_DRAIN_TIMEOUT`. Default: 10 000. */
  readonly drainTimeout?: number;
  /**
   * Who renews leases. `main`: the thread that runs the jobs, which notices at its next turn if it was blocked for too
   * long. `worker`: a thread of its own, with a connection of its own, so that leases outlive a handler that computes.
   *
   * `LEASED_JOBS_RENEWAL`. Default: `main`.
   */
  readonly renewal?: 'main' | 'worker';
  /**
   * For how long the worker renews the leases of an event loop that does not turn. `LEASED_JOBS_MAX_BLOCKED`. Default:
   * twice the ttl.
   */
  readonly maxBlocked?: number;
  /** `false`: this instance runs no jobs. `LEASED_JOBS_ENABLED`. Default: `true`. */
  readonly enabled?: boolean;
  /** Who this instance is, for people. `LEASED_JOBS_INSTANCE`. Default: `host:pid:random`. */
  readonly instance?: string;
  /** The environment to read. Default: `process.env`. */
  readonly env?: Environment;
  /** For tests. Default: the clock of this machine. */
  readonly clock?: Clock;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a class has to have that is given to `forRootAsync` as `useClass` or `useExisting`. */
export interface LeasedJobsOptionsFactory {
  createLeasedJobsOptions(): LeasedJobsModuleOptions | Promise<LeasedJobsModuleOptions>;
}

/** The DI token of the options: a test overrides it, to give an app another backend. */
export const LEASED_JOBS_OPTIONS = 'leased-jobs:options';

export const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<LeasedJobsModuleOptions>({
  optionsInjectionToken: LEASED_JOBS_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createLeasedJobsOptions')
  .build();
