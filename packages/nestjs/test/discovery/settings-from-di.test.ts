// oxlint-disable typescript/no-extraneous-class -- a Nest module often is an empty class
import { Global, Injectable, Module, Scope, type Type } from '@nestjs/common';
import { type AcquireRequest, MemoryLeaseProvider } from '@leased-jobs/core';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ExclusiveCron, ExclusiveInterval, LeasedJobs } from '@leased-jobs/nestjs';
import { type AppParts, ENV, startApp, until } from '../nest-app.js';

const HOUR = 3_600_000;

@Injectable()
class Config {
  readonly period = 7_000;
  readonly cron = '0 3 * * *';
  readonly ttl = 12_000;
  readonly off = false;
}
const calls: string[] = [];
afterEach(() => {
  calls.length = 0;
});

async function jobsOf(parts: AppParts): Promise<readonly unknown[]> {
  const app = await startApp(parts);
  return (await app.get(LeasedJobs).list()).map(({ name, schedule, enabled }) => [name, schedule, enabled]);
}

async function refusal(...providers: readonly Type[]): Promise<string> {
  const start = startApp({ providers: [Config, ...providers] });
  return start.then(
    () => 'it started',
    (thrown: unknown) => (thrown as Error).message,
  );
}

describe('a setting from DI', () => {
  it('may be an interval, a cron expression, a ttl, and whether the job is enabled', async () => {
    class Ttls extends MemoryLeaseProvider {
      readonly asked = new Map<string, number>();
      override acquire: MemoryLeaseProvider['acquire'] = (request: AcquireRequest, signal) => {
        this.asked.set(request.lock, request.ttl);
        return super.acquire(request, signal);
      };
    }
    class Jobs {
      @ExclusiveInterval(
        { inject: [Config], useFactory: (config) => config.period / 700 },
        {
          name: 'often',
          lock: 'often',
          ttl: { inject: [Config], useFactory: async (config: Config) => config.ttl },
        },
      )
      often(): void {}
      @ExclusiveCron({ inject: [Config], useFactory: (config) => config.cron }, { name: 'nightly' })
      nightly(): void {}
      @ExclusiveInterval(HOUR, {
        name: 'off',
        enabled: { inject: [Config], useFactory: (config: Config) => config.off },
      })
      off(): void {}
    }
    const backend = new Ttls();
    expect(await jobsOf({ providers: [Config, Jobs], options: { backend } })).toEqual([
      ['often', 'every 10 ms', true],
      ['nightly', '0 3 * * *', true],
      ['off', `every ${HOUR} ms`, false],
    ]);
    await until(() => backend.asked.size > 0);
    expect(backend.asked.get('test/often')).toBe(12_000);
  });

  it('is made of what the module of its class could inject: its own providers, those it imports, and global ones', async () => {
    @Global()
    @Module({ providers: [{ provide: 'global', useValue: 1_000 }], exports: ['global'] })
    class GlobalModule {}
    @Module({ providers: [{ provide: 'imported', useFactory: async () => 200 }], exports: ['imported'] })
    class ImportedModule {}
    class Sum {
      @ExclusiveInterval(
        {
          inject: ['global', 'imported', 'own', { token: 'missing', optional: true }],
          useFactory: async (...parts: unknown[]) =>
            parts.reduce<number>((sum, part) => sum + ((part as number | undefined) ?? 0), 0),
        },
        { name: 'sum' },
      )
      run(): void {}
    }
    @Module({ imports: [ImportedModule], providers: [Sum, { provide: 'own', useValue: 30 }] })
    class Feature {}
    @Module({ providers: [{ provide: 'own', useValue: 9 }] })
    class Other {}
    expect(await jobsOf({ imports: [GlobalModule, Other, Feature] })).toEqual([
      ['sum', 'every 1230 ms', true],
    ]);
  });

  it('is made for a request-scoped class as well, once, when the app starts', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {
      @ExclusiveInterval(
        { inject: [Config], useFactory: ({ period }) => (calls.push('made'), period) },
        { name: 'scoped' },
      )
      run(): void {}
    }
    expect(await jobsOf({ providers: [Config, Scoped] })).toEqual([['scoped', 'every 7000 ms', true]]);
    expect(calls).toEqual(['made']);
  });

  it('keeps the order of the jobs, and is made beside the others, before any module starts', async () => {
    const both = new Set<string>();
    const meets = (name: string) => ({
      useFactory: async () => {
        both.add(name);
        await until(() => both.size === 2);
        calls.push('made');
        return HOUR;
      },
    });
    class Jobs {
      @ExclusiveInterval(meets('first'), { name: 'first' })
      first(): void {}
      @ExclusiveInterval(HOUR, { name: 'second' })
      second(): void {}
      @ExclusiveInterval(meets('third'), { name: 'third' })
      third(): void {}
      onModuleInit(): void {
        calls.push('init');
      }
    }
    const names = (await jobsOf({ providers: [Jobs] })).map((job) => (job as string[])[0]);
    expect(names).toEqual(['first', 'second', 'third']);
    expect(calls).toEqual(['made', 'made', 'init']);
  });

  it('yields to the variable of the job, and is not made then', async () => {
    const failing = {
      useFactory: (): never => {
        throw new Error('not set');
      },
    };
    class Jobs {
      @ExclusiveInterval(failing, { name: 'a', ttl: failing, enabled: failing })
      a(): void {}
      @ExclusiveCron(failing, { name: 'b' })
      b(): void {}
    }
    const env = {
      ...ENV,
      LEASED_JOBS_A_INTERVAL: '5000',
      LEASED_JOBS_A_TTL: '20000',
      LEASED_JOBS_A_ENABLED: 'true',
      LEASED_JOBS_B_CRON: '0 4 * * *',
    };
    expect(await jobsOf({ providers: [Jobs], options: { env } })).toEqual([
      ['a', 'every 5000 ms', true],
      ['b', '0 4 * * *', true],
    ]);
  });

  it('of true does not switch on what the app has switched off, and nothing is as if it were left out', async () => {
    class Jobs {
      @ExclusiveInterval(HOUR, { name: 'a', enabled: { useFactory: () => true } })
      a(): void {}
      @ExclusiveInterval(HOUR, {
        name: 'b',
        enabled: { useFactory: () => undefined },
        ttl: { useFactory: () => undefined },
      })
      b(): void {}
    }
    const switchedOff = { ...ENV, LEASED_JOBS_ENABLED: 'false' };
    expect(await jobsOf({ providers: [Jobs], options: { env: switchedOff } })).toEqual([
      ['a', `every ${HOUR} ms`, false],
      ['b', `every ${HOUR} ms`, false],
    ]);
    expect(await jobsOf({ providers: [Jobs] })).toEqual([
      ['a', `every ${HOUR} ms`, true],
      ['b', `every ${HOUR} ms`, true],
    ]);
  });
});

it('is checked by the compiler: a factory is given instances of its classes', () => {
  const decorators = [
    // @ts-expect-error -- there is no such property
    ExclusiveInterval({ inject: [Config], useFactory: (config) => config.perod }),
    // @ts-expect-error -- a text is no interval
    ExclusiveInterval({ inject: [Config], useFactory: (config) => config.cron }),
    ExclusiveInterval({
      inject: [{ token: Config, optional: true }],
      // @ts-expect-error -- it may be missing
      useFactory: (config) => config.period,
    }),
  ];
  expect(decorators).toHaveLength(3);
});

describe('a factory of a setting that cannot be had fails the start', () => {
  @Injectable({ scope: Scope.REQUEST })
  class PerRequest {}
  class NotProvided {}
  const throws = (text: string) => ({
    useFactory: (): never => {
      throw new Error(text);
    },
  });

  it.each<[string, () => MethodDecorator, string | RegExp]>([
    [
      'that throws',
      () => ExclusiveInterval(throws('no period'), 'bad'),
      'Job "Bad.run": The factory of its interval failed: no period',
    ],
    [
      'that rejects',
      () => ExclusiveCron({ useFactory: () => Promise.reject(new Error('no time')) }, 'bad'),
      'Job "Bad.run": The factory of its cron expression failed: no time',
    ],
    [
      'that makes a text of a number',
      () => ExclusiveInterval({ useFactory: () => '5000' as unknown as number }, 'bad'),
      'Job "Bad.run": The factory of its interval made "5000". It has to make a number of milliseconds.',
    ],
    [
      'that makes no interval at all',
      () => ExclusiveInterval({ useFactory: () => undefined as unknown as number }, 'bad'),
      'The factory of its interval made undefined. It has to make a number of milliseconds.',
    ],
    [
      'that makes an interval which is not possible',
      () => ExclusiveInterval({ useFactory: () => -5 }, 'bad'),
      'Job "Bad.run": An interval of -5 ms is not possible.',
    ],
    [
      'that makes an expression which cannot be read',
      () => ExclusiveCron({ useFactory: () => 'often' }, 'bad'),
      'Job "Bad.run": "often" is no cron expression.',
    ],
    [
      'that makes a ttl of null',
      () => ExclusiveInterval(HOUR, { lock: 'bad', ttl: { useFactory: () => null as unknown as number } }),
      'Job "Bad.run": The factory of its ttl made null. It has to make a number of milliseconds.',
    ],
    [
      'that makes a ttl which is too short',
      () => ExclusiveInterval(HOUR, { lock: 'bad', ttl: { useFactory: () => 100 } }),
      'Job "Bad.run": A ttl of 100 ms is too short',
    ],
    [
      'that makes a switch which is a text',
      () =>
        ExclusiveInterval(HOUR, { lock: 'bad', enabled: { useFactory: () => 'no' as unknown as boolean } }),
      'Job "Bad.run": The factory of its enabled made "no". It has to make true or false.',
    ],
    [
      'of what its module cannot inject',
      () => ExclusiveInterval({ inject: [NotProvided], useFactory: () => HOUR }, 'bad'),
      /^Job "Bad\.run": Nest can't resolve dependencies of the interval \(\?\).*NotProvided at index \[0\].*AppModule[^\n]*$/,
    ],
    [
      'of what is made for each request',
      () => ExclusiveInterval({ inject: [PerRequest], useFactory: () => HOUR }, 'bad'),
      /^Job "Bad\.run": .*interval.*request-scoped/,
    ],
    [
      'of a class that is not loaded yet',
      () =>
        ExclusiveInterval(
          { inject: [Config, undefined as unknown as string], useFactory: () => HOUR },
          'bad',
        ),
      'The factory of its interval cannot be called: inject[1] is undefined. Look for a cycle of imports',
    ],
    [
      'of tokens that are no list',
      () => ExclusiveInterval({ inject: Config as unknown as [], useFactory: () => HOUR }, 'bad'),
      'The factory of its interval cannot be called: inject is a function. Give a list of tokens.',
    ],
    [
      'that there is not',
      () => ExclusiveInterval({ inject: [Config] } as unknown as number, 'bad'),
      'Job "Bad.run": An interval of {"inject":[null]} ms is not possible.',
    ],
  ])('%s', async (_, decorator, says) => {
    class Bad {
      run(): void {}
    }
    decorator()(Bad.prototype, 'run', Object.getOwnPropertyDescriptor(Bad.prototype, 'run') ?? {});
    const message = await refusal(Bad, PerRequest);
    expect(message).toMatch(says);
    expect(message).not.toContain('things have to be set right');
  });

  it('and all of them are told in one error', async () => {
    class Bad {
      @ExclusiveInterval(throws('no period'), {
        name: 'a',
        ttl: throws('no ttl'),
        enabled: throws('no switch'),
      })
      a(): void {}
      @ExclusiveInterval(0, { name: 'b' })
      b(): void {}
      @ExclusiveCron(throws('no time'), { name: 'c' })
      c(): void {}
    }
    const message = await refusal(Bad);
    expect(message).toMatch(/^5 things have to be set right/);
    for (const text of ['no period', 'no ttl', 'no switch', 'An interval of 0 ms', 'no time']) {
      expect(message).toContain(text);
    }
  });
});
