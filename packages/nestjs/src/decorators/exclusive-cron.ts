import type { FromDi, InjectionTokens } from './from-di.js';
import { declareJob, type JobOptions } from './job-declaration.js';

export interface CronJobOptions extends JobOptions {
  /**
   * The IANA name of the zone in which the expression is read, such as `Europe/Berlin`. Default: that of the process, which
   * has to be the same on all instances.
   */
  readonly timeZone?: string;
}

/**
 * Runs a method of a provider or controller at the times of a cron expression, each of them on one instance.
 *
 * Times that were missed because all instances were down are made up for by one run when the first of them is back, unless
 * `missed` says something else; `run.slot` is the time that it stands for, and `run.late` by how many milliseconds it is late.
 * For the rest it is like `@ExclusiveInterval`. Not promised: exactly once.
 *
 * Nothing is checked when the class is loaded. What is wrong here fails the start of the app.
 *
 * @param expression Five fields, or six with seconds first, or a factory of it. `CronExpression` of `@nestjs/schedule` will do.
 *   `LEASED_JOBS_<JOB>_CRON` wins over it.
 * @param lock The name of the lock, or options. Default: `Class.method`.
 *
 * @example
 * ```ts
 * @Injectable()
 * export class Reports {
 *   @ExclusiveCron('0 2 * * *', { lock: 'nightly-report', timeZone: 'Europe/Berlin' })
 *   async build(run: JobRun): Promise<void> {
 *     await this.reports.build({ day: run.slot, signal: run.signal, fence: run.fencingToken });
 *   }
 * }
 * ```
 */
export function ExclusiveCron<const Tokens extends InjectionTokens = []>(
  expression: string | FromDi<string, Tokens>,
  lock?: string | CronJobOptions,
): MethodDecorator {
  return declareJob('@ExclusiveCron', expression, lock);
}
