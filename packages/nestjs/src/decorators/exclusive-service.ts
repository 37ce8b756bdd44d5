import type { ServiceOptions } from '@leased-jobs/core';
import { declareJob, type JobOptions } from './job-declaration.js';

/** What `@ExclusiveService` takes. All durations are milliseconds. */
export interface ServiceJobOptions
  extends Pick<JobOptions, 'lock' | 'name' | 'ttl' | 'enabled' | 'concurrency' | 'waitFor'>, ServiceOptions {}

/**
 * Keeps a method of a provider or controller running on one instance of the cluster: a queue's consumer, a listener, a watcher.
 *
 * The method should go on until `run.signal` aborts, and return then. When its instance stops, another one begins at once; when
 * that dies, within one ttl. A method that returns or throws by itself is called again after `restartDelay`, by any instance;
 * one that throws again and again ever later, down to once in `maxRestartDelay`.
 *
 * Not promised: that a method which does not heed its signal has ended when another instance begins. Call `run.throwIfLost()`
 * before what must not be done by two.
 *
 * @param lock The name of the lock, or options. Default: `Class.method`.
 *
 * @example
 * ```ts
 * @Injectable()
 * export class Orders {
 *   constructor(private readonly queue: Queue) {}
 *
 *   @ExclusiveService('orders')
 *   async consume(run: JobRun): Promise<void> {
 *     for await (const order of this.queue.messages({ signal: run.signal })) {
 *       run.throwIfLost();
 *       await this.queue.done(order);
 *     }
 *   }
 * }
 * ```
 */
export function ExclusiveService(lock?: string | ServiceJobOptions): MethodDecorator {
  return declareJob('@ExclusiveService', undefined, lock);
}
