import { MemoryLeaseProvider, type RequestCounts } from '@leased-jobs/core';
import { describe, expect, it } from '@jest/globals';
import { ExclusiveInterval } from '@leased-jobs/nestjs';
import { dailyRequests, dailyRequestsLine } from '../../src/logging/daily-requests.js';
import { ENV, RecordingLogger, startApp } from '../nest-app.js';

/** As blobs have it. */
const CHARGED = { perRun: 4, perRefusal: 1, perRenewal: 1, unremarkablePerDay: 100_000 };
const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000] as const;

describe('the requests of a job in a day', () => {
  it.each([
    ['every second', SECOND, 345_600, 86_400],
    ['every 10 seconds', 10 * SECOND, 34_560, 8_640],
    ['every minute', MINUTE, 5_760, 1_440],
    ['every 7 hours, four times on some days', 7 * HOUR, 16, 4],
    ['once a day', DAY, 4, 1],
    ['once a year, on one of the days', 365 * DAY, 4, 1],
  ])('are counted for a job that is due %s', (_, period, running, refused) => {
    expect(dailyRequests(period, CHARGED)).toEqual({ running, refused });
  });

  it('are told in one line, at debug', () => {
    expect(dailyRequestsLine(10 * SECOND, { name: 'azure-blob', requests: CHARGED })).toEqual({
      level: 'debug',
      text:
        'sends azure-blob about 34,560 requests a day if this instance runs every slot, 8,640 if others do, ' +
        'and 1 more for each third of its ttl that a run lasts',
    });
  });

  it('are those of its calls where the provider says nothing', () => {
    expect(dailyRequestsLine(SECOND, { name: 'redis' })).toMatchObject({
      level: 'debug',
      text: expect.stringContaining('redis about 172,800 requests a day'),
    });
  });

  it.each([
    ['every second', SECOND, 'warn'],
    ['every 3 seconds', 3 * SECOND, 'warn'],
    ['every 4 seconds', 4 * SECOND, 'debug'],
    ['every 10 seconds', 10 * SECOND, 'debug'],
    ['every minute', MINUTE, 'debug'],
  ])('are %s told at %s', (_, period, level) => {
    expect(dailyRequestsLine(period, { name: 'azure-blob', requests: CHARGED }).level).toBe(level);
  });

  it('come with advice where they are worth a warning', () => {
    expect(dailyRequestsLine(SECOND, { name: 'azure-blob', requests: CHARGED }).text).toMatch(
      /a run lasts\. They are charged there: choose a longer interval, or a backend that charges nothing/,
    );
  });
});

describe('an app that starts', () => {
  class Jobs {
    @ExclusiveInterval(HOUR, { name: 'hourly', lock: 'a' })
    hourly(): void {}
    @ExclusiveInterval(SECOND, { name: 'sweep', lock: 'b' })
    sweep(): void {}
    @ExclusiveInterval(SECOND, { name: 'off', lock: 'c', enabled: false })
    off(): void {}
  }
  class Charging extends MemoryLeaseProvider {
    readonly requests: RequestCounts = CHARGED;
  }

  async function linesOf(env: Record<string, string> = {}): Promise<readonly string[]> {
    const logger = new RecordingLogger();
    const options = { backend: new Charging(), env: { ...ENV, ...env } };
    await (await startApp({ providers: [Jobs], options, logger })).close();
    return logger.lines.filter((line) => line.includes('requests a day'));
  }

  it('tells the requests of each job that it runs, and warns of those that cost much', async () => {
    expect(await linesOf()).toEqual([
      expect.stringMatching(/^debug hourly sends memory about 96 requests a day .*, 24 if others do/),
      expect.stringMatching(/^warn sweep sends memory about 345,600 requests a day/),
    ]);
  });

  it('tells none where jobs are switched off', async () => {
    expect(await linesOf({ LEASED_JOBS_ENABLED: 'false' })).toEqual([]);
  });
});
