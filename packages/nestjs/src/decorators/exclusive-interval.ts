import type { FromDi, InjectionTokens } from './from-di.js';
import { declareJob, type JobOptions } from './job-declaration.js';

export interface IntervalJobOptions extends JobOptions {
  /**
   * `fixed-rate`: a slot every `ms` milliseconds, however long runs take. `fixed-delay`: `ms` milliseconds from the end of the
   * last run to the next, on whatever instance they are. It has no slots, so `onCrash` and `missed` are not for it, and the
   * first run is due at once. Default: `fixed-rate`.
   */
  readonly mode?: 'fixed-rate' | 'fixed-delay';
}

/**
 * Runs a method of a provider or controller every `ms` milliseconds, on one instance at a time.
 *
 * All instances share one grid of slots, and each slot is run by one of them. An instance that dies in the middle of
 * a run is replaced within one ttl. A run that takes longer than the interval is not overlapped: the slots that it
 * covers are skipped. Not promised: exactly once; see `onCrash` for what happens to the slot of a run that died.
 *
 * The method is called with a `JobRun`. A request-scoped provider, or a transient one, is made anew for each run.
 *
 * Nothing is checked when the class is loaded. What is wrong here fails the start of the app.
 *
 * @param ms A whole number of milliseconds from 1 to `MAX_INTERVAL`, or a factory of it. `LEASED_JOBS_<JOB>_INTERVAL` wins over it.
 * @param lock The name of the lock, or options. Default: `Class.method`.
 *
 * @example
 * ```ts
 * @Injectable()
 * export class Newsletter {
 *   @ExclusiveInterval(10_000, 'newsletter')
 *   async send(run: JobRun): Promise<void> {
 *     for (const reader of await this.readers.due({ signal: run.signal })) {
 *       run.throwIfLost();
 *       await this.mailer.send(reader, { fence: run.fencingToken });
 *     }
 *   }
 * }
 * ```
 */
export function ExclusiveInterval<const Tokens extends InjectionTokens = []>(
  ms: number | FromDi<number, Tokens>,
  lock?: string | IntervalJobOptions,
): MethodDecorator {
  return declareJob('@ExclusiveInterval', ms, lock);
}
