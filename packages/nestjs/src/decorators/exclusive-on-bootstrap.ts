import type { StartupOptions } from '@leased-jobs/core';
import type { FromDi } from './from-di.js';
import { declareJob, type JobOptions } from './job-declaration.js';

/** What `@ExclusiveOnBootstrap` takes. All durations are milliseconds. */
export interface BootstrapJobOptions
  extends
    Pick<JobOptions, 'lock' | 'name' | 'ttl' | 'enabled' | 'maxRuntime' | 'retry'>,
    Omit<StartupOptions, 'once'> {
  /**
   * A value that says what is done, such as a version: once in the cluster for each. The other instances wait until it is
   * done, and go on. Default: on each instance at each start, one instance at a time.
   */
  readonly once?: string | FromDi<string | undefined>;
}

/**
 * Runs a method of a provider or controller when the app starts, on one instance at a time: migrations, seeds. The app waits for
 * it: after every `onModuleInit`, and before any `onApplicationBootstrap`, open port, or other job.
 *
 * Each instance runs it at each start, one after the other. With `once: 'v42'` the cluster runs it once for that value: the others
 * wait until it is done, and go on. Several of them are run one after the other, in the order in which Nest has them.
 *
 * A method that throws stops the start of the app: it rejects with a `StartupError`, whose `cause` is what was thrown. So do
 * a `timeout`, waiting and running together, and a shutdown meanwhile. An instance that dies in the middle is replaced within
 * one ttl. On an instance whose jobs are switched off it is neither run nor waited for.
 *
 * Not promised: exactly once. A run that died or failed after half of its work is run again, so it has to bear that.
 *
 * @param lock The name of the lock, or options. Default: `Class.method`.
 *
 * @example
 * ```ts
 * @Injectable()
 * export class Migrations {
 *   constructor(private readonly database: Database) {}
 *
 *   @ExclusiveOnBootstrap({ lock: 'migrations', once: 'v42' })
 *   async migrate(run: JobRun): Promise<void> {
 *     await this.database.migrate({ signal: run.signal });
 *   }
 * }
 * ```
 */
export function ExclusiveOnBootstrap(lock?: string | BootstrapJobOptions): MethodDecorator {
  const once = typeof lock === 'object' ? lock?.once : undefined;
  return declareJob('@ExclusiveOnBootstrap', once, lock);
}
