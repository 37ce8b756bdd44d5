// oxlint-disable typescript/no-extraneous-class -- a Nest module often is an empty class
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable, Module, type Type } from '@nestjs/common';
import {
  ConfigurationError,
  type LeaseProvider,
  MAX_INTERVAL,
  MemoryLeaseProvider,
  SystemClock,
} from '@leased-jobs/core';
import { afterAll, describe, expect, it } from '@jest/globals';
import {
  type CronJobOptions,
  ExclusiveCron,
  ExclusiveInterval,
  ExclusiveOnBootstrap,
  ExclusiveService,
  type JobOptions,
  LeasedJobs,
  LeasedJobsModule,
  Leases,
} from '@leased-jobs/nestjs';
import { ENV, RecordingLogger, startApp, until } from './nest-app.js';

const HOUR = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), 'leased-jobs-'));
const file = join(folder, 'a-file');
writeFileSync(file, '');
afterAll(() => rmSync(folder, { recursive: true }));

class Closable extends MemoryLeaseProvider {
  closed = 0;
  override async close(): Promise<void> {
    this.closed++;
  }
}

/** What is wrong, the options or variables or classes that are, and what the error has to say of it. */
type Case = readonly [title: string, wrong: Wrong, says: readonly (string | RegExp)[]];
interface Wrong {
  readonly options?: object;
  readonly env?: Record<string, string>;
  readonly provides?: readonly Type[];
  readonly imports?: readonly Type[];
}

const SETTINGS: readonly Case[] = [
  [
    'a ttl that is no number',
    { env: { LEASED_JOBS_TTL: '30s' } },
    ['LEASED_JOBS_TTL is "30s"', 'whole number of milliseconds'],
  ],
  ['a negative ttl', { env: { LEASED_JOBS_TTL: '-1' } }, ['LEASED_JOBS_TTL is "-1"', 'from 1 to 2147483647']],
  [
    'a ttl that is NaN',
    { options: { ttl: NaN } },
    ['The option "ttl" is NaN', 'whole number of milliseconds'],
  ],
  [
    'a ttl of which a renewal could not be answered in time',
    { options: { ttl: 500 } },
    ['ttl of 500 ms is too short', /at least \d+ ms/],
  ],
  [
    'a ttl that the store cannot grant',
    { options: { backend: limited(), ttl: 30_000 } },
    ['ttl of 30000 ms', 'limited backend', 'from 5000 to 10000'],
  ],
  [
    'a default ttl that the store cannot grant',
    { options: { backend: limited() } },
    ['LEASED_JOBS_TTL', '30000 ms', 'from 5000 to 10000'],
  ],
  [
    'a thread to renew that there is not',
    { env: { LEASED_JOBS_RENEWAL: 'thread' } },
    ['LEASED_JOBS_RENEWAL is "thread"', 'Choose main or worker'],
  ],
  [
    'a worker that would have to share a provider',
    { options: { renewal: 'worker', backend: new MemoryLeaseProvider() } },
    ['The option "renewal" is "worker"', 'a worker cannot share', 'configure it by env'],
  ],
  [
    'a worker that would not see the memory of the app',
    { options: { backend: 'memory' }, env: { LEASED_JOBS_RENEWAL: 'worker' } },
    ['LEASED_JOBS_RENEWAL is "worker"', 'a worker does not see', 'another backend'],
  ],
  [
    'a worker that would read another clock',
    { options: { renewal: 'worker', backend: 'file', clock: new SystemClock() } },
    ['The option "renewal" is "worker"', 'the clock of this machine'],
  ],
  [
    'a maxBlocked of nothing',
    { options: { maxBlocked: 0 } },
    ['The option "maxBlocked" is 0', 'from 1 to 2147483647'],
  ],
  [
    'a bad drain timeout',
    { env: { LEASED_JOBS_DRAIN_TIMEOUT: 'ten' } },
    ['LEASED_JOBS_DRAIN_TIMEOUT is "ten"', 'from 0 to 2147483647'],
  ],
  [
    'a fractional drain timeout',
    { options: { drainTimeout: 1.5 } },
    ['The option "drainTimeout" is 1.5', 'whole number'],
  ],
  [
    'an endless drain timeout',
    { options: { drainTimeout: Infinity } },
    ['The option "drainTimeout" is Infinity', 'from 0 to 2147483647'],
  ],
  [
    'a switch that is neither on nor off',
    { env: { LEASED_JOBS_ENABLED: 'yes' } },
    ['LEASED_JOBS_ENABLED is "yes"', 'true or false'],
  ],
  [
    'a switch that is a text',
    { options: { enabled: 'false' } },
    ['The option "enabled" is "false"', 'true or false'],
  ],
  [
    'a switch of one job that is neither on nor off',
    { env: { LEASED_JOBS_GOOD_RUN_ENABLED: '0' } },
    ['LEASED_JOBS_GOOD_RUN_ENABLED is "0"', 'true or false'],
  ],
  ['a blank namespace', { options: { namespace: ' ' } }, ['The option "namespace" is " "', '1 to 128 bytes']],
  [
    'a namespace that is too long',
    { env: { LEASED_JOBS_NAMESPACE: 'n'.repeat(129) } },
    ['LEASED_JOBS_NAMESPACE is "nnn', '1 to 128 bytes'],
  ],
  [
    'a namespace with a lone surrogate',
    { options: { namespace: 'a\uD800' } },
    ['The option "namespace"', 'lone surrogates'],
  ],
  [
    'an instance with a line break',
    { env: { LEASED_JOBS_INSTANCE: 'a\nb' } },
    ['LEASED_JOBS_INSTANCE is "a\\nb"', 'control characters'],
  ],
  ['an instance that is a number', { options: { instance: 7 } }, ['The option "instance" is 7', 'a text of']],
  [
    'an option that does not exist',
    { options: { drainTimeOut: 5 } },
    ['no option "drainTimeOut"', 'drainTimeout'],
  ],
];

const BACKENDS: readonly Case[] = [
  [
    'no backend in production',
    { env: { NODE_ENV: 'production' }, options: { backend: undefined } },
    ['LEASED_JOBS_BACKEND is not set', 'production', 'redis'],
  ],
  [
    'a backend that nobody knows',
    { options: { backend: 'rediss' } },
    ['The option "backend" is "rediss". There is no such backend', 'file, memory, redis, azure-blob'],
  ],
  [
    'a backend that is a path',
    { env: { LEASED_JOBS_BACKEND: '../evil.js' }, options: { backend: undefined } },
    ['LEASED_JOBS_BACKEND is "../evil.…". There is no such backend', 'installed package'],
  ],
  [
    'a package that is no backend',
    { options: { backend: 'prettier' } },
    ['The option "backend" is "prettier"', 'no function leaseProviderFromEnv'],
  ],
  [
    'a provider that is none',
    { options: { backend: { acquire: () => null } } },
    ['is no LeaseProvider', 'lacks renew', 'limits'],
  ],
  [
    'a backend that is a number',
    { options: { backend: 5 } },
    ['The option "backend" is no LeaseProvider', 'redis'],
  ],
  [
    'a folder that is a file',
    { options: { backend: 'file' }, env: { LEASED_JOBS_DIRECTORY: file } },
    ['it is not a folder', file],
  ],
];

const DECORATORS: readonly (readonly [name: string, decorator: () => MethodDecorator])[] = [
  ['@ExclusiveInterval', () => ExclusiveInterval(HOUR)],
  ['@ExclusiveCron', () => ExclusiveCron('0 2 * * *')],
  ['@ExclusiveOnBootstrap', () => ExclusiveOnBootstrap()],
  ['@ExclusiveService', () => ExclusiveService()],
];

const JOBS: readonly Case[] = [
  [
    'a cron expression that cannot be read',
    cronJob('61 * * * *'),
    ['Job "Bad.run"', '"61 * * * *" is no cron expression', 'Write five fields, or six'],
  ],
  ['a cron expression that is never due', cronJob('0 0 31 2 *'), ['Job "Bad.run"', 'is never due']],
  [
    'a time zone that there is not',
    cronJob('0 2 * * *', { timeZone: 'Mars/Olympus' }),
    ['Job "Bad.run"', 'There is no time zone "Mars/Olympus"', 'Europe/Berlin'],
  ],
  [
    'an unknown policy for missed slots',
    cronJob('0 2 * * *', { missed: 'twice' as 'once' }),
    ['Job "Bad.run"', 'missed is "twice"', '"skip", "once" or "all"'],
  ],
  [
    'a time zone for an interval',
    job(HOUR, { timeZone: 'UTC' } as JobOptions),
    ['@ExclusiveInterval of Bad.run knows no option "timeZone"', 'Choose among lock, name'],
  ],
  [
    'an unknown mode',
    job(HOUR, { mode: 'sometimes' } as JobOptions),
    ['Job "Bad.run"', 'mode is "sometimes"', 'Choose "fixed-rate" or "fixed-delay"'],
  ],
  [
    'a delay that no timer can wait for',
    job(2 ** 31, { mode: 'fixed-delay' } as JobOptions),
    ['Job "Bad.run"', 'A delay of 2147483648 ms', 'from 1 to 2147483647'],
  ],
  [
    'a policy about slots for a job that has none',
    job(HOUR, { mode: 'fixed-delay', onCrash: 'skip' } as JobOptions),
    ['Job "Bad.run"', 'onCrash is about slots'],
  ],
  [
    'an interval from the environment for a job with a cron expression',
    { ...cronJob('0 2 * * *'), env: { LEASED_JOBS_BAD_RUN_INTERVAL: '5000' } },
    [
      'LEASED_JOBS_BAD_RUN_INTERVAL is set, but job "Bad.run" has a cron expression. Set LEASED_JOBS_BAD_RUN_CRON instead.',
    ],
  ],
  [
    'a cron expression from the environment for a job with an interval',
    { ...job(HOUR), env: { LEASED_JOBS_BAD_RUN_CRON: '0 2 * * *' } },
    [
      'LEASED_JOBS_BAD_RUN_CRON is set, but job "Bad.run" has an interval. Set LEASED_JOBS_BAD_RUN_INTERVAL instead.',
    ],
  ],
  [
    'a delay from the environment that no timer can wait for',
    {
      ...job(HOUR, { mode: 'fixed-delay' } as JobOptions),
      env: { LEASED_JOBS_BAD_RUN_INTERVAL: '2147483648' },
    },
    ['Job "Bad.run": LEASED_JOBS_BAD_RUN_INTERVAL: A delay of 2147483648 ms', 'from 1 to 2147483647'],
  ],
  [
    'a ttl of one job from the environment that is too short',
    { ...job(HOUR), env: { LEASED_JOBS_BAD_RUN_TTL: '100' } },
    ['LEASED_JOBS_BAD_RUN_TTL: A ttl of 100 ms', /at least \d+ ms/],
  ],
  ['an interval of 0', job(0), ['Job "Bad.run"', 'An interval of 0 ms', 'from 1 to']],
  ['a negative interval', job(-5), ['Job "Bad.run"', 'An interval of -5 ms']],
  ['an interval that is NaN', job(NaN), ['Job "Bad.run"', 'An interval of NaN ms']],
  ['an endless interval', job(Infinity), ['Job "Bad.run"', 'An interval of Infinity ms']],
  ['a fractional interval', job(1.5), ['Job "Bad.run"', 'An interval of 1.5 ms', 'whole number']],
  ['an interval of more than a hundred years', job(MAX_INTERVAL + 1), [`from 1 to ${MAX_INTERVAL}`]],
  [
    'an interval that is a text',
    job('5s' as unknown as number),
    ['Job "Bad.run"', '"5s"', 'whole number of milliseconds'],
  ],
  ['an empty lock', job(HOUR, ''), ['Job "Bad.run"', '""', '1 to 256 bytes']],
  [
    'a lock that is too long together with the namespace',
    job(HOUR, 'x'.repeat(252)),
    ['257 bytes', 'at most 256'],
  ],
  ['a lock with a lone surrogate', job(HOUR, 'x\uDC00'), ['Job "Bad.run"', 'not well-formed']],
  [
    'a lock that is null',
    job(HOUR, null as unknown as string),
    ['Bad.run was given null', "the lock's name, or options"],
  ],
  ['a lock that is a number', job(HOUR, { lock: 5 as unknown as string }), ['Job "Bad.run"', 'called 5']],
  ['an empty name', job(HOUR, { name: '' }), ['A job cannot be called ""']],
  [
    'a name that is a number',
    { ...job(HOUR, { name: 5 as unknown as string }), env: { LEASED_JOBS_X_ENABLED: 'true' } },
    ['A job cannot be called 5'],
  ],
  [
    'an option that no decorator has',
    job(HOUR, { maxruntime: 5 } as JobOptions),
    ['Bad.run knows no option "maxruntime"', 'maxRuntime'],
  ],
  [
    'a ttl of one job that is too short',
    job(HOUR, { ttl: 100 }),
    ['Job "Bad.run"', 'ttl of 100 ms', /at least \d+ ms/],
  ],
  [
    'a ttl of one job that is a text',
    job(HOUR, { ttl: '1m' as unknown as number }),
    ['Job "Bad.run"', '1m', 'whole number of milliseconds'],
  ],
  [
    'an unknown onCrash',
    job(HOUR, { onCrash: 'retry' as 'skip' }),
    ['Job "Bad.run"', 'onCrash is "retry"', '"rerun" or "skip"'],
  ],
  ['a maxRuntime of 0', job(HOUR, { maxRuntime: 0 }), ['Job "Bad.run"', 'maxRuntime is 0', 'from 1 to']],
  [
    'a switch in the code that is a text',
    job(HOUR, { enabled: 'no' as unknown as boolean }),
    ['Job "Bad.run"', 'enabled is "no"', 'true or false'],
  ],
  ['a concurrency of 0', job(HOUR, { concurrency: 0 }), ['Job "Bad.run": concurrency is 0', 'from 1 to 100']],
  [
    'a retry without an attempt',
    job(HOUR, { retry: { attempts: 0 } }),
    ['Job "Bad.run": retry.attempts is 0', 'from 1'],
  ],
  ['a negative jitter', job(HOUR, { jitter: -1 }), ['Job "Bad.run": jitter is -1', 'from 0 to']],
  [
    'a wait for what is no list',
    job(HOUR, { waitFor: 'cache' as unknown as string[] }),
    ['Job "Bad.run": waitFor is "cache". Give a list of the names of components'],
  ],
  [
    'a wait for a component without a name',
    job(HOUR, { waitFor: [''] }),
    ['Job "Bad.run": waitFor is [""]. Give a list'],
  ],
  [
    'a service that runs at times',
    decorated(() => ExclusiveService({ jitter: 5 } as object)),
    ['@ExclusiveService of Bad.run knows no option "jitter"', 'restartDelay'],
  ],
  [
    'a service without a delay',
    decorated(() => ExclusiveService({ lock: 'bad', restartDelay: 0 })),
    ['Job "Bad.run": restartDelay is 0. Choose a whole number of milliseconds from 1'],
  ],
  [
    'an interval from the environment for a service',
    { ...decorated(() => ExclusiveService('bad')), env: { LEASED_JOBS_BAD_RUN_INTERVAL: '5000' } },
    ['LEASED_JOBS_BAD_RUN_INTERVAL is set, but job "Bad.run" is always due. Leave it out.'],
  ],
  [
    'a start that waits for what begins later',
    decorated(() => ExclusiveOnBootstrap({ waitFor: ['cache'] } as object)),
    ['@ExclusiveOnBootstrap of Bad.run knows no option "waitFor"', 'once'],
  ],
  [
    'what is done once for nothing',
    decorated(() => ExclusiveOnBootstrap({ lock: 'bad', once: '' })),
    ['Job "Bad.run": once is "". Choose a text of 1 to 100 characters'],
  ],
  [
    'what is to be done in no time',
    decorated(() => ExclusiveOnBootstrap({ lock: 'bad', timeout: 0 })),
    ['Job "Bad.run": timeout is 0. Choose a whole number of milliseconds from 1'],
  ],
  [
    'a cron expression from the environment for what is done at the start',
    { ...decorated(() => ExclusiveOnBootstrap('bad')), env: { LEASED_JOBS_BAD_RUN_CRON: '0 2 * * *' } },
    ['LEASED_JOBS_BAD_RUN_CRON is set, but job "Bad.run" is done when the app starts. Leave it out.'],
  ],
  [
    'two jobs with one name',
    { provides: [named('one'), named('one')] },
    ['Two jobs are called "one"', 'another `name`'],
  ],
  [
    'one class in two modules',
    { imports: twoModulesWithOneClass() },
    [
      'Two jobs are called "Twice.run"',
      'Twice in First, and Twice in Second',
      'Provide the class in one module',
    ],
  ],
  ...DECORATORS.flatMap(([name, decorator]): Case[] => [
    [
      `${name} on a static method`,
      { provides: [staticMethod(decorator)] },
      [`${name} was put on Bad.run, which is a static member. Put it on a method of an instance.`],
    ],
    [
      `${name} on a getter`,
      { provides: [getter(decorator)] },
      [`${name} was put on Bad.run, which is a getter or setter.`],
    ],
    ...[generator(decorator), asyncGenerator(decorator)].map((provided, n): Case => [
      `${name} on ${n === 0 ? 'a generator' : 'an async generator'}`,
      { provides: [provided] },
      [`${name} was put on Bad.run, which is a generator, which nobody would iterate.`],
    ]),
  ]),
  ['a property', { provides: [Property()] }, ['Bad.run, which is a property']],
  ['a class', { provides: [DecoratedClass()] }, ['@ExclusiveInterval was put on Bad, which is a class']],
  [
    'an override that does not say whether it is a job',
    { provides: [Override()] },
    ['Derived.run overrides Bad.run', '`enabled: false`'],
  ],
  [
    'a method of a class without a name',
    { provides: [nameless()] },
    ['has no name', 'Give the job a `name`'],
  ],
  ['LeasedJobsModule imported twice', { imports: [secondImport()] }, ['LeasedJobsModule is imported twice']],
];

describe('an app that is set up wrong', () => {
  @Injectable()
  class Good {
    static runs = 0;
    @ExclusiveInterval(1, { lock: 'good' })
    run(): void {
      Good.runs++;
    }
  }

  it.each([...SETTINGS, ...BACKENDS, ...JOBS])('does not start with %s', async (_, wrong, says) => {
    const provider = new Closable();
    const logger = new RecordingLogger();
    const before = process.getActiveResourcesInfo().toSorted();
    const start = startApp({
      options: { backend: provider, env: { ...ENV, ...wrong.env }, ...wrong.options },
      imports: [...(wrong.imports ?? [])],
      providers: [Good, ...(wrong.provides ?? [])],
      logger,
    });
    const error: unknown = await start.then(
      () => 'it started',
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ConfigurationError);
    for (const text of says) expect((error as Error).message).toMatch(text);
    // One thing is wrong, and one thing is said.
    expect((error as Error).message).not.toContain('things have to be set right');
    expect(Good.runs).toBe(0);
    if (wrong.options === undefined || !('backend' in wrong.options))
      expect(provider.closed).toBeGreaterThan(0);
    expect(
      logger.lines.filter((line) => !line.includes('Starting Nest') && !line.includes('dependencies init')),
    ).toEqual([]);
    await until(() => leftOpen(before).length === 0);
  });

  it('is told all that is wrong in one error, before any other module starts', async () => {
    let begun = false;
    class Bad {
      @ExclusiveInterval(0)
      run(): void {}
      @ExclusiveInterval(HOUR, '')
      send(): void {}
    }
    @Injectable()
    class Other {
      onModuleInit(): void {
        begun = true;
      }
    }
    const env = { ...ENV, LEASED_JOBS_TTL: '30s', LEASED_JOBS_BACKEND: 'blob' };
    const start = startApp({ options: { env, backend: undefined as never }, providers: [Bad, Other] });
    await expect(start).rejects.toThrow(
      /^4 things have to be set right before this app can start:\n {2}- LEASED_JOBS_TTL is "30s".*\n {2}- LEASED_JOBS_BACKEND is "blob".*\n {2}- Job "Bad\.run": .*\n {2}- Job "Bad\.send": .*$/,
    );
    expect(begun).toBe(false);
  });

  it('grants no lease to a provider that asks for one while it is made', async () => {
    const asksEarly = {
      provide: 'early',
      inject: [Leases],
      useFactory: (leases: Leases) => leases.tryAcquire('early'),
    };
    const start = startApp({ options: { env: { ...ENV, LEASED_JOBS_TTL: '30s' } }, providers: [asksEarly] });
    await expect(start).rejects.toThrow('LEASED_JOBS_TTL is "30s"');
  });
});

it('is not wrong that two jobs share a lock', async () => {
  const app = await startApp({ providers: [named('one', 'same'), named('two', 'same')] });
  expect((await app.get(LeasedJobs).list()).map(({ lock }) => lock)).toEqual(['same', 'same']);
  await app.close();
});

function leftOpen(before: readonly string[]): readonly string[] {
  const left = [...before];
  return process.getActiveResourcesInfo().filter((resource) => {
    const index = left.indexOf(resource);
    if (index >= 0) left.splice(index, 1);
    return index < 0 && resource === 'Timeout';
  });
}

function limited(): LeaseProvider {
  const provider = new MemoryLeaseProvider();
  const limits = { ...provider.limits, minTtl: 5_000, maxTtl: 10_000 };
  return Object.defineProperties(provider, { name: { value: 'limited' }, limits: { value: limits } });
}

function job(ms: number, lock: string | JobOptions = 'bad'): Wrong {
  class Bad {
    @ExclusiveInterval(ms, lock)
    run(): void {}
  }
  return { provides: [Bad] };
}

function cronJob(expression: string, options: CronJobOptions = {}): Wrong {
  class Bad {
    @ExclusiveCron(expression, { lock: 'bad', ...options })
    run(): void {}
  }
  return { provides: [Bad] };
}

function decorated(decorator: () => MethodDecorator): Wrong {
  class Bad {
    @decorator()
    run(): void {}
  }
  return { provides: [Bad] };
}

function named(name: string, lock = name): Type {
  class Named {
    @ExclusiveInterval(HOUR, { name, lock })
    run(): void {}
  }
  return Named;
}

function twoModulesWithOneClass(): readonly Type[] {
  class Twice {
    @ExclusiveInterval(HOUR, 'twice')
    run(): void {}
  }
  @Module({ providers: [Twice] })
  class First {}
  @Module({ providers: [Twice] })
  class Second {}
  return [First, Second];
}

function secondImport(): Type {
  @Module({ imports: [LeasedJobsModule.forRoot({ backend: new MemoryLeaseProvider(), env: ENV })] })
  class Feature {}
  return Feature;
}

function staticMethod(decorator: () => MethodDecorator): Type {
  class Bad {
    @decorator()
    static run(): void {}
  }
  return Bad;
}

function getter(decorator: () => MethodDecorator): Type {
  class Bad {
    @decorator()
    get run(): () => void {
      return () => {};
    }
  }
  return Bad;
}

function generator(decorator: () => MethodDecorator): Type {
  class Bad {
    @decorator()
    *run(): Generator<number> {
      yield 1;
    }
  }
  return Bad;
}

function asyncGenerator(decorator: () => MethodDecorator): Type {
  class Bad {
    @decorator()
    async *run(): AsyncGenerator<number> {
      yield 1;
    }
  }
  return Bad;
}

function Property(): Type {
  class Bad {
    run = (): void => {};
  }
  (ExclusiveInterval(HOUR) as PropertyDecorator)(Bad.prototype, 'run');
  return Bad;
}

function DecoratedClass(): Type {
  class Bad {}
  (ExclusiveInterval(HOUR) as unknown as ClassDecorator)(Bad);
  return Bad;
}

function Override(): Type {
  class Bad {
    @ExclusiveInterval(HOUR)
    run(): void {}
  }
  class Derived extends Bad {
    override run(): void {}
  }
  return Derived;
}

function nameless(): Type {
  class Bad {
    @ExclusiveInterval(HOUR)
    run(): void {}
  }
  return Object.defineProperty(Bad, 'name', { value: '' });
}
