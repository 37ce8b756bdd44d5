import { Injectable, Scope } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import {
  currentRun,
  ExclusiveInterval,
  ExclusiveWorker,
  type IntervalJobOptions,
  type JobRun,
  LeasedJobs,
} from '@leased-jobs/nestjs';
import { type AppParts, ENV, startApp, until } from '../nest-app.js';

const HOUR = 3_600_000;

@Injectable()
class Settings {
  readonly period = 25;
}

@Injectable()
class CacheRefresh extends ExclusiveWorker {
  readonly runs: unknown[] = [];
  constructor(private readonly settings: Settings) {
    super();
  }
  get period(): number {
    return this.settings.period;
  }
  doWork(run: JobRun): void {
    this.runs.push([this instanceof CacheRefresh, run.job, currentRun() === run]);
  }
}

async function jobsOf(parts: AppParts): Promise<readonly unknown[]> {
  const app = await startApp(parts);
  return (await app.get(LeasedJobs).list()).map(({ name, lock, schedule }) => [name, lock, schedule]);
}

async function refusal(...providers: NonNullable<AppParts['providers']>): Promise<string> {
  return startApp({ providers }).then(
    () => 'it started',
    (thrown: unknown) => (thrown as Error).message,
  );
}

describe('a worker', () => {
  it('does its work once a period, with its own `this` and a run, and is called after its class', async () => {
    const app = await startApp({ providers: [Settings, CacheRefresh] });
    expect(await app.get(LeasedJobs).list()).toMatchObject([
      { name: 'CacheRefresh', lock: 'CacheRefresh', schedule: 'every 25 ms' },
    ]);
    const { runs } = app.get(CacheRefresh);
    await until(() => runs.length >= 2);
    expect(runs[0]).toEqual([true, 'CacheRefresh', true]);
  });

  it('may name its lock, or give options as @ExclusiveInterval takes them', async () => {
    class Named extends ExclusiveWorker {
      readonly period = HOUR;
      override get lock(): string {
        return 'cache';
      }
      doWork(): void {}
    }
    class Optioned extends ExclusiveWorker {
      readonly period = HOUR;
      override readonly lock: IntervalJobOptions = { name: 'refresh', lock: 'cache', mode: 'fixed-delay' };
      doWork(): void {}
    }
    expect(await jobsOf({ providers: [Named, Optioned] })).toEqual([
      ['Named', 'cache', `every ${HOUR} ms`],
      ['refresh', 'cache', `${HOUR} ms after its last run`],
    ]);
  });

  it('is found under any token, and by way of its base classes', async () => {
    abstract class Base extends ExclusiveWorker {
      readonly period: number = HOUR;
      doWork(): void {}
    }
    class Inherits extends Base {}
    class Overrides extends Base {
      override readonly period = 2 * HOUR;
      override doWork(): void {}
    }
    const providers = [
      { provide: 'inherits', useClass: Inherits },
      { provide: 'overrides', useFactory: () => new Overrides() },
    ];
    expect(await jobsOf({ providers })).toEqual([
      ['Inherits', 'Inherits', `every ${HOUR} ms`],
      ['Overrides', 'Overrides', `every ${2 * HOUR} ms`],
    ]);
  });

  it('may have other jobs beside its work', async () => {
    class Two extends ExclusiveWorker {
      readonly period = HOUR;
      doWork(): void {}
      @ExclusiveInterval(2 * HOUR)
      clean(): void {}
    }
    expect(await jobsOf({ providers: [Two] })).toEqual([
      ['Two.clean', 'Two.clean', `every ${2 * HOUR} ms`],
      ['Two', 'Two', `every ${HOUR} ms`],
    ]);
  });

  it('yields to the variables of its job, and its period is not asked for then', async () => {
    class Failing extends ExclusiveWorker {
      get period(): number {
        throw new Error('not set');
      }
      doWork(): void {}
    }
    const env = { ...ENV, LEASED_JOBS_FAILING_INTERVAL: '5000' };
    expect(await jobsOf({ providers: [Failing], options: { env } })).toEqual([
      ['Failing', 'Failing', 'every 5000 ms'],
    ]);
    expect(await refusal(Failing)).toBe('Job "Failing": its period could not be read: not set');
  });

  it.each([0, -1, 1.5, NaN, Infinity, '5s', undefined])(
    'with a period of %p fails the start',
    async (period) => {
      class Bad extends ExclusiveWorker {
        readonly period = period as number;
        doWork(): void {}
      }
      expect(await refusal(Bad)).toMatch(
        /^Job "Bad": Its period: An interval of .* ms is not possible\. Choose a whole number/,
      );
    },
  );

  it('fails the start if there would be more than one of it, or none', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Scoped extends ExclusiveWorker {
      readonly period = HOUR;
      doWork(): void {}
    }
    @Injectable({ scope: Scope.TRANSIENT })
    class Transient extends Scoped {}
    @Injectable({ scope: Scope.REQUEST })
    class Connection {}
    @Injectable()
    class Injects extends ExclusiveWorker {
      readonly period = HOUR;
      constructor(readonly connection: Connection) {
        super();
      }
      doWork(): void {}
    }
    for (const worker of [Scoped, Transient, Injects]) {
      expect(await refusal(Connection, worker)).toContain(
        `${worker.name} is an ExclusiveWorker, and is request-scoped or transient`,
      );
    }
  });

  it('fails the start with a decorator on its work, and with options that are none', async () => {
    class Decorated extends ExclusiveWorker {
      readonly period = HOUR;
      @ExclusiveInterval(HOUR)
      doWork(): void {}
    }
    class Optioned extends ExclusiveWorker {
      readonly period = HOUR;
      override readonly lock = { timeZone: 'UTC' } as IntervalJobOptions;
      doWork(): void {}
    }
    expect(await refusal(Decorated)).toContain(
      'Decorated.doWork is that of an ExclusiveWorker, which is a job by itself. Take its decorator away.',
    );
    expect(await refusal(Optioned)).toContain(
      'ExclusiveWorker of Optioned.doWork knows no option "timeZone"',
    );
  });
});
