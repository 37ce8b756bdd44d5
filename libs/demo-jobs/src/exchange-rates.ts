import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { ExclusiveInterval, type JobRun } from '@leased-jobs/nestjs';

/** A quick and frequent job. Whichever instance asks first runs a slot; the others learn that it is done. */
@Injectable()
export class ExchangeRates {
  readonly #logger = new Logger('exchange-rates');

  @ExclusiveInterval(3_000, { name: 'exchange-rates', lock: 'exchange-rates' })
  async fetch(run: JobRun): Promise<void> {
    await sleep(FETCHING, undefined, { signal: run.signal });
    const rate = 1.08 + Math.random() / 100;
    this.#logger.log(`1 EUR = ${rate.toFixed(4)} USD`);
  }
}

/** Milliseconds. */
const FETCHING = 150;
