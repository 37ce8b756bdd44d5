import { readFile, rename, writeFile } from 'node:fs/promises';
import { Injectable, Module } from '@nestjs/common';
import { ExclusiveInterval, type JobRun, LeasedJobsModule } from '@leased-jobs/nestjs';

@Injectable()
export class ExchangeRates {
  private readonly source = process.env.RATES_SOURCE ?? 'https://rates.example.com/latest';
  private readonly file = process.env.RATES_FILE ?? '/var/cache/shop/rates.json';

  /** On every instance. Nobody waits for the source. */
  async read(): Promise<Record<string, number>> {
    return JSON.parse(await readFile(this.file, 'utf8')) as Record<string, number>;
  }

  /** On one of them. The first instance of a cluster does not wait for the next minute. */
  @ExclusiveInterval(60_000, { lock: 'exchange-rates', runOnStart: true, maxRuntime: 30_000 })
  async refresh(run: JobRun): Promise<void> {
    const response = await fetch(this.source, { signal: run.signal });
    if (!response.ok) throw new Error(`The source answered with ${response.status}.`);
    const rates = await response.text();
    JSON.parse(rates); // What nobody can read does not replace what they can.
    const draft = `${this.file}.${run.fencingToken}`;
    await writeFile(draft, rates, { signal: run.signal });
    run.throwIfLost();
    await rename(draft, this.file); // One step: readers see the old rates or the new ones.
  }
}

@Module({ imports: [LeasedJobsModule.forRoot()], providers: [ExchangeRates], exports: [ExchangeRates] })
export class ExchangeRatesModule {}
