import { ConfigurationError } from '@leased-jobs/core';
import { exclusiveMethod } from '../sections/exclusive-method.js';
import { declareSection, type ExclusiveOptions, type LockOf } from '../sections/section-declaration.js';
import { injectSections } from '../sections/section-host.js';
import { misplaced } from './job-declaration.js';

/**
 * Makes a method a critical section: of all instances of the app, one at a time is in it.
 *
 * It goes together with any other decorator, in either order: `@Cron` and `@Interval` of `@nestjs/schedule`, `@OnEvent`,
 * routes and message handlers. `this`, the arguments, what the method returns and what it throws are passed on. It works
 * on whatever Nest makes, in each scope, and on values and factories' results of a module.
 *
 * In the method, `currentRun()` finds the `JobRun`: its signal aborts when the lease is lost and when the app shuts down,
 * which waits for calls as for the runs of jobs. A call from within a run or section that holds the same lock goes on under
 * that lease. Sections and jobs that share a lock exclude each other.
 *
 * A method of a subclass that overrides this one is exclusive only if it is decorated itself. What the method returns is
 * awaited: it has to return a promise that lasts as long as the work, or nothing; an Observable or a stream is worked on
 * after the section's end. Not promised: that a method which ignores the signal of its run stops in time.
 *
 * Nothing is checked when the class is loaded. What is wrong here fails the start of the app, or the call if Nest does not
 * know the class.
 *
 * @param lock The name of the lock, a function that makes it of the call's arguments, or options. Default: `Class.method`.
 * @throws LockHeldError, at the call, if the lock is held, as `whenHeld` says. ConfigurationError if the function returns no
 *   name, or there is no LeasedJobsModule. StoreError if the store could not be asked. LeaseLostError within a run that has lost
 *   the lock. LeasesClosedError once the app stops.
 *
 * @example
 * ```ts
 * @Injectable()
 * export class Invoices {
 *   @Exclusive((order: string) => `invoice:${order}`, { whenHeld: 'wait', wait: 5_000 })
 *   async create(order: string): Promise<void> {
 *     const run = currentRun();
 *     await this.store.insert(order, { signal: run?.signal, fence: run?.fencingToken });
 *   }
 * }
 * ```
 */
export function Exclusive<Args extends unknown[] = []>(
  lock?: string | LockOf<Args> | ExclusiveOptions<Args>,
  options?: Omit<ExclusiveOptions<Args>, 'lock'>,
): ExclusiveDecorator<Args> {
  const given = typeof lock === 'string' || typeof lock === 'function' ? { lock } : (lock ?? {});
  return (target, member, descriptor?: PropertyDescriptor) => {
    if (typeof member === 'object') {
      throw new ConfigurationError(
        '@Exclusive was applied as a standard decorator, which Nest does not support. Set "experimentalDecorators" in tsconfig.json.',
      );
    }
    const declaration = {
      member: member ?? '',
      misplaced: misplaced(target, member, descriptor),
      options: typeof given === 'object' ? { ...given, ...options } : given,
    };
    declareSection(target, declaration);
    if (typeof descriptor?.value !== 'function') return;
    if (declaration.misplaced === null) injectSections(target);
    descriptor.value = exclusiveMethod(declaration, descriptor.value as never);
  };
}

/** Goes on methods that take what the lock is made of, and return a promise or nothing. */
export type ExclusiveDecorator<Args extends unknown[]> = <Method extends Taking<Args>['method']>(
  target: object,
  member: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

/** A method, so that its parameters may be of narrower types than those of the lock's function. */
interface Taking<Args extends unknown[]> {
  method(...args: [...Args, ...never[]]): Promise<unknown> | void;
}
