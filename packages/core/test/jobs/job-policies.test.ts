import { describe, expect, it } from '@jest/globals';
import {
  atStart,
  ConfigurationError,
  fixedDelay,
  interval,
  JobEngine,
  MemoryLeaseProvider,
  service,
} from '@leased-jobs/core';

const MINUTE = interval(60_000);

function engine(): JobEngine {
  return new JobEngine({ provider: new MemoryLeaseProvider() });
}

function adding(definition: object, to = engine()): () => void {
  const complete = { name: 'job', schedule: MINUTE, handler: () => {}, ...definition };
  return () => to.add(complete);
}

describe('a definition', () => {
  it.each<[object, string]>([
    [{ retry: 3 }, 'retry is 3. Write { attempts: 3 }, for example.'],
    [{ retry: null }, 'retry is null. Write { attempts: 3 }, for example.'],
    [
      { retry: {} },
      'retry.attempts is undefined. Choose a whole number from 1: the first call is one of them.',
    ],
    [
      { retry: { attempts: 0 } },
      'retry.attempts is 0. Choose a whole number from 1: the first call is one of them.',
    ],
    [
      { retry: { attempts: 2.5 } },
      'retry.attempts is 2.5. Choose a whole number from 1: the first call is one of them.',
    ],
    [
      { retry: { attempts: 2, delay: -1 } },
      'retry.delay is -1. Choose a whole number of milliseconds from 0 to 2147483647.',
    ],
    [
      { retry: { attempts: 2, delay: '1s' } },
      'retry.delay is "1s". Choose a whole number of milliseconds from 0 to 2147483647.',
    ],
    [
      { retry: { attempts: 2, maxDelay: Infinity } },
      'retry.maxDelay is Infinity. Choose a whole number of milliseconds from 0 to 2147483647.',
    ],
    [
      { retry: { attempts: 2, backoff: 'linear' } },
      'retry.backoff is "linear". Choose "fixed" or "exponential".',
    ],
    [{ jitter: -1 }, 'jitter is -1. Choose a whole number of milliseconds from 0 to 2147483647.'],
    [{ jitter: true }, 'jitter is true. Choose a whole number of milliseconds from 0 to 2147483647.'],
    [{ jitter: Number.NaN }, 'jitter is NaN. Choose a whole number of milliseconds from 0 to 2147483647.'],
    [{ runOnStart: 'yes' }, 'runOnStart is "yes". Choose true or false.'],
    [{ concurrency: 0 }, 'concurrency is 0. Choose a whole number of instances from 1 to 100.'],
    [{ concurrency: 101 }, 'concurrency is 101. Choose a whole number of instances from 1 to 100.'],
    [{ concurrency: '3' }, 'concurrency is "3". Choose a whole number of instances from 1 to 100.'],
    [{ waitFor: ['database'] }, 'waitFor is ["database"]. It has to be a function that returns a promise.'],
    [
      { schedule: atStart(), waitFor: async () => {} },
      'waitFor is not for what is due when an instance starts. Add what it waits for before it.',
    ],
    [
      { schedule: atStart(), concurrency: 2 },
      'concurrency is 2, and what is due when an instance starts is done by one instance at a time. Leave it out.',
    ],
    [{ schedule: atStart(), onCrash: 'skip' }, 'onCrash is about slots, and a start has none. Leave it out.'],
    [{ schedule: atStart(), missed: 'once' }, 'missed is about slots, and a start has none. Leave it out.'],
    [
      { schedule: atStart(), runOnStart: true },
      'runOnStart is about slots, and a start has none. Leave it out.',
    ],
    [
      { schedule: service(), onCrash: 'skip' },
      'onCrash is about slots, and a service has none. Leave it out.',
    ],
    [{ schedule: service(), missed: 'all' }, 'missed is about slots, and a service has none. Leave it out.'],
    [{ schedule: service(), jitter: 0 }, 'jitter is about slots, and a service has none. Leave it out.'],
    [
      { schedule: fixedDelay(1), runOnStart: true },
      'runOnStart is about slots, and a fixed delay has none. Leave it out.',
    ],
    [
      { schedule: fixedDelay(1), jitter: 5 },
      'jitter is about slots, and a fixed delay has none. Leave it out.',
    ],
  ])('with %j is refused: %s', (change, message) => {
    expect(adding(change)).toThrow(new ConfigurationError(`Job "job": ${message}`));
    expect(adding(change)).toThrow(ConfigurationError);
  });

  it('may say what is the default of what it has not', () => {
    expect(
      adding({ schedule: service(), onCrash: 'rerun', missed: 'skip', runOnStart: false }),
    ).not.toThrow();
  });

  it('is refused for what it is itself, although another job was allowed the same settings', () => {
    const jobs = engine();
    adding({ name: 'sync', schedule: fixedDelay(1_000), concurrency: 2 }, jobs)();
    expect(adding({ schedule: atStart(), concurrency: 2 }, jobs)).toThrow(
      'concurrency is 2, and what is due',
    );
    adding({ name: 'slots', missed: 'once' }, jobs)();
    expect(adding({ schedule: service(), missed: 'once' }, jobs)).toThrow('missed is about slots');
  });

  it('may have no lock that is too long with the number of its last permit', () => {
    expect(adding({ lock: 'x'.repeat(254), concurrency: 9 })).not.toThrow();
    expect(adding({ lock: 'x'.repeat(254), concurrency: 10 })).toThrow('257 bytes');
  });
});

describe('a schedule without slots', () => {
  it.each<[object, string]>([
    [{ restartDelay: 0 }, 'restartDelay is 0. Choose a whole number of milliseconds from 1 to 2147483647.'],
    [
      { maxRestartDelay: 1.5 },
      'maxRestartDelay is 1.5. Choose a whole number of milliseconds from 1 to 2147483647.',
    ],
    [
      { restartDelay: '1s' },
      'restartDelay is "1s". Choose a whole number of milliseconds from 1 to 2147483647.',
    ],
  ])('of a service with %j is refused: %s', (options, message) => {
    expect(() => service(options)).toThrow(new ConfigurationError(message));
  });

  it.each<[object, string]>([
    [{ timeout: 0 }, 'timeout is 0. Choose a whole number of milliseconds from 1 to 2147483647.'],
    [
      { timeout: Infinity },
      'timeout is Infinity. Choose a whole number of milliseconds from 1 to 2147483647.',
    ],
    [
      { once: '' },
      'once is "". Choose a text of 1 to 100 characters that says what is done once, such as a version.',
    ],
    [
      { once: 42 },
      'once is 42. Choose a text of 1 to 100 characters that says what is done once, such as a version.',
    ],
    [
      { once: 'x'.repeat(101) },
      `once is "${'x'.repeat(101)}". Choose a text of 1 to 100 characters that says what is done once, such as a version.`,
    ],
  ])('of a start with %j is refused', (options, message) => {
    expect(() => atStart(options)).toThrow(new ConfigurationError(message));
  });

  it('says for people what it is', () => {
    expect(service().description).toBe('always');
    expect(atStart().description).toBe('at each start');
    expect(atStart({ once: 'v42' }).description).toBe('once for v42');
  });

  it('has no slot, ever', () => {
    for (const schedule of [service(), atStart(), fixedDelay(5)])
      expect(schedule.next(0, 'job')).toBe(Infinity);
  });
});
