import { Injectable } from '@nestjs/common';
import { MemoryLeaseProvider, MemoryStore } from '@leased-jobs/core';
import { ManualClock } from '@leased-jobs/testing';
import { describe, expect, it } from '@jest/globals';
import { ExclusiveCron, type JobRun, LeasedJobs } from '@leased-jobs/nestjs';
import { RecordingLogger, startApp } from '../nest-app.js';

const HOUR = 3_600_000;

@Injectable()
class Reports {
  readonly runs: { readonly slot: string | undefined; readonly late: number }[] = [];

  @ExclusiveCron('0 2 * * *', { lock: 'nightly-report', timeZone: 'Europe/Berlin' })
  build({ slot, late }: JobRun): void {
    this.runs.push({ slot: slot?.toISOString(), late });
  }
}

/** A cluster of one store and one clock, which begins at noon, UTC. */
function night() {
  const clock = new ManualClock(Date.parse('2026-10-23T12:00:00Z'));
  const store = new MemoryStore(clock);
  const start = async (logger?: RecordingLogger) => {
    const app = await startApp({
      providers: [Reports],
      options: { backend: new MemoryLeaseProvider(store), clock },
      ...(logger && { logger }),
    });
    return { app, runs: app.get(Reports).runs };
  };
  return { clock, start };
}

describe('a method with @ExclusiveCron', () => {
  it('runs at its times, in its zone, on one instance of several', async () => {
    const { clock, start } = night();
    const instances = [await start(), await start(), await start()];
    await clock.advance(3 * 24 * HOUR);
    const runs = instances.flatMap((instance) => instance.runs);
    // The clock goes back on the 25th.
    expect(new Set(runs.map(({ slot }) => slot))).toEqual(
      new Set(['2026-10-24T00:00:00.000Z', '2026-10-25T00:00:00.000Z', '2026-10-26T01:00:00.000Z']),
    );
    expect(runs).toHaveLength(3);
    expect(Math.max(...runs.map(({ late }) => late))).toBeLessThan(2_100);
    // Each minute of three days, on three instances: on a busy machine that is a while.
  }, 60_000);

  it('makes up for the last time that was missed while all instances were down, and is told how late it is', async () => {
    const { clock, start } = night();
    const first = await start();
    await clock.advance(24 * HOUR);
    expect(first.runs).toHaveLength(1);
    await first.app.close();
    await clock.advance(3 * 24 * HOUR);
    const instances = [await start(), await start()];
    await clock.advance(10_000);
    const runs = instances.flatMap((instance) => instance.runs);
    expect(runs).toMatchObject([{ slot: '2026-10-27T01:00:00.000Z' }]);
    expect(runs[0]?.late).toBeGreaterThan(10 * HOUR);
  }, 60_000);

  it('is listed with its expression and its next time, and tells its requests', async () => {
    const { start } = night();
    const logger = new RecordingLogger();
    const { app } = await start(logger);
    expect(await app.get(LeasedJobs).list()).toMatchObject([
      {
        name: 'Reports.build',
        lock: 'nightly-report',
        schedule: '0 2 * * * (Europe/Berlin)',
        next: new Date('2026-10-24T00:00:00Z'),
      },
    ]);
    expect(logger.lines.filter((line) => line.includes('requests a day'))).toEqual([
      expect.stringContaining('Reports.build sends memory about 2 requests a day'),
    ]);
  });
});
