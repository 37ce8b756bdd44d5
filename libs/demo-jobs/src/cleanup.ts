import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { ExclusiveInterval, type JobRun } from '@leased-jobs/nestjs';

/**
 * Shares the lock of the newsletter: nobody is to be removed from a list that is being mailed. So this job, wherever it
 * is asked for, waits until the newsletter is out.
 */
@Injectable()
export class Cleanup {
  readonly #logger = new Logger('cleanup');

  @ExclusiveInterval(15_000, { name: 'cleanup', lock: 'newsletter' })
  async forgetUnsubscribed(run: JobRun): Promise<void> {
    await sleep(CLEANING, undefined, { signal: run.signal });
    // The lines about leases name the lock, and that is the newsletter's.
    this.#logger.log("under the newsletter's lock, nobody on the list has unsubscribed");
  }
}

/** Milliseconds. */
const CLEANING = 800;
