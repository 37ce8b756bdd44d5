import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { ExclusiveInterval, type JobRun } from '@leased-jobs/nestjs';

/**
 * A job that takes long enough to be looked at: its lease is renewed while it runs, and there is time to end the
 * instance in the middle of it.
 */
@Injectable()
export class Newsletter {
  readonly #logger = new Logger('newsletter');

  @ExclusiveInterval(10_000, { name: 'newsletter', lock: 'newsletter' })
  async send(run: JobRun): Promise<void> {
    for (const [index, reader] of READERS.entries()) {
      // Right before each side effect. Whoever takes over from a dead instance begins anew: a real mailer would
      // remember whom it has served for `run.slot`, and refuse a `run.fencingToken` smaller than one it has seen.
      run.throwIfLost();
      // The signal ends the wait on shutdown, so that another instance need not wait for this one.
      await sleep(MAILING, undefined, { signal: run.signal });
      this.#logger.log(`sent to ${reader}, ${index + 1} of ${READERS.length}`);
    }
  }
}

const READERS = ['Ada', 'Grace', 'Margaret'];
/** Milliseconds for each reader. */
const MAILING = 2_000;
