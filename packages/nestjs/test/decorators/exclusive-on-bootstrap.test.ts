// oxlint-disable typescript/no-extraneous-class -- a Nest module often is an empty class
import { setTimeout as sleep } from 'node:timers/promises';
import { Global, Inject, Injectable, Module, type OnApplicationBootstrap, Scope } from '@nestjs/common';
import { NestFactory, REQUEST } from '@nestjs/core';
import { MemoryLeaseProvider, MemoryStore } from '@leased-jobs/core';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  ExclusiveInterval,
  ExclusiveOnBootstrap,
  type JobRun,
  LeasedJobs,
  StartupError,
} from '@leased-jobs/nestjs';
import {
  appModule,
  type AppParts,
  closedAfterTest,
  ENV,
  RecordingLogger,
  startApp,
  until,
} from '../nest-app.js';

const log: string[] = [];
beforeEach(() => {
  log.length = 0;
});

/** Instances of one cluster. */
function cluster(provider: NonNullable<AppParts['providers']>[number]) {
  const store = new MemoryStore();
  return (env: Record<string, string> = {}) =>
    startApp({
      providers: [provider],
      options: { backend: new MemoryLeaseProvider(store), env: { ...ENV, ...env } },
    });
}

async function failure(start: Promise<unknown>): Promise<StartupError> {
  const error: unknown = await start.then(
    () => 'it started',
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(StartupError);
  return error as StartupError;
}

describe('a method with @ExclusiveOnBootstrap', () => {
  it('is done after all modules have begun, and before anything else goes on: any module, port or job', async () => {
    @Injectable()
    class Elsewhere implements OnApplicationBootstrap {
      onModuleInit = (): number => log.push('init');
      onApplicationBootstrap = (): number => log.push('bootstrap');
      @ExclusiveInterval(1, 'often')
      often(): void {
        log.push('job');
      }
    }
    @Global()
    @Module({ providers: [{ provide: 'first', useClass: Elsewhere }] })
    class GlobalAndFirst {}
    @Module({
      providers: [{ provide: 'last', useFactory: () => ({ onModuleInit: () => log.push('init') }) }],
    })
    class Last {}
    @Injectable()
    class Migrations {
      readonly name = 'migrations';
      @ExclusiveOnBootstrap('migrations')
      async migrate(run: JobRun): Promise<void> {
        log.push(`${this.name} begin ${run.job}`);
        await sleep(30);
        log.push('done');
      }
    }
    const Root = appModule({ providers: [Migrations], imports: [Last] });
    @Module({ imports: [GlobalAndFirst, Root] })
    class WithGlobal {}
    const http = closedAfterTest(
      await NestFactory.create(WithGlobal, { logger: false, abortOnError: false }),
    );
    const listening = http.listen(0).then(() => log.push('listening'));
    await listening;
    await until(() => log.includes('job'));
    expect(log.filter((line) => line !== 'job')).toEqual([
      'init',
      'init',
      'migrations begin Migrations.migrate',
      'done',
      'bootstrap',
      'listening',
    ]);
    expect(log.indexOf('job')).toBeGreaterThan(log.indexOf('done'));
  });

  it('is done by each instance at each start, one after the other', async () => {
    let atOnce = 0;
    class Seeds {
      @ExclusiveOnBootstrap('seeds')
      async seed(): Promise<void> {
        log.push(`${++atOnce} at once`);
        await sleep(20);
        atOnce--;
      }
    }
    const start = cluster(Seeds);
    await Promise.all([start(), start(), start()]);
    await start();
    expect(log).toEqual(Array.from({ length: 4 }, () => '1 at once'));
  });

  it('is done once in the cluster for each value of `once`, and who finds it done or under way waits and goes on', async () => {
    const versionOf = (once: string) => {
      class Migrations {
        @ExclusiveOnBootstrap({ lock: 'migrations', name: 'migrations', once })
        async migrate(): Promise<void> {
          log.push(`begin ${once}`);
          await sleep(30);
          log.push(`done ${once}`);
        }
      }
      return Migrations;
    };
    const store = new MemoryStore();
    const start = async (once: string) => {
      await startApp({
        providers: [versionOf(once)],
        options: { backend: new MemoryLeaseProvider(store) },
      });
      log.push('started');
    };
    await Promise.all([start('v1'), start('v1'), start('v1')]);
    await start('v1');
    await start('v2');
    expect(log).toEqual([
      'begin v1',
      'done v1',
      'started',
      'started',
      'started',
      'started',
      'begin v2',
      'done v2',
      'started',
    ]);
  });

  it('may have its `once` from DI, where it is known only when the app starts', async () => {
    class Release {
      readonly name = 'v7';
    }
    class Migrations {
      @ExclusiveOnBootstrap({
        lock: 'migrations',
        once: { inject: [Release], useFactory: (release) => (release as Release).name },
      })
      migrate(): void {
        log.push('done');
      }
    }
    const store = new MemoryStore();
    const start = () =>
      startApp({ providers: [Release, Migrations], options: { backend: new MemoryLeaseProvider(store) } });
    await start();
    const second = await start();
    expect(log).toEqual(['done']);
    expect(await second.get(LeasedJobs).get('Migrations.migrate')).toMatchObject({
      schedule: 'once for v7',
      lastRun: { outcome: 'succeeded' },
    });
  });

  it('stops the start if the factory of its `once` makes no text', async () => {
    class Migrations {
      @ExclusiveOnBootstrap({ lock: 'migrations', once: { useFactory: () => 7 as never } })
      migrate(): void {}
    }
    await expect(startApp({ providers: [Migrations] })).rejects.toThrow(
      'Job "Migrations.migrate": The factory of its once made 7. It has to make a text.',
    );
  });

  it('is one of several that are done in the order of their classes and methods', async () => {
    class First {
      @ExclusiveOnBootstrap({ name: 'b' })
      one(): void {
        log.push('b');
      }
      @ExclusiveOnBootstrap({ name: 'a', ttl: { useFactory: async () => sleep(10, 20_000) } })
      two(): void {
        log.push('a');
      }
    }
    class Second {
      @ExclusiveOnBootstrap({ name: 'c' })
      three(): void {
        log.push('c');
      }
    }
    await startApp({ providers: [First, Second] });
    expect(log).toEqual(['b', 'a', 'c']);
  });

  it('that throws stops the start with its cause, and keeps nothing open', async () => {
    class Closable extends MemoryLeaseProvider {
      closed = 0;
      override async close(): Promise<void> {
        this.closed++;
      }
    }
    const cause = new Error('column missing');
    class Migrations {
      @ExclusiveOnBootstrap('migrations')
      migrate(): void {
        throw cause;
      }
      @ExclusiveInterval(1, 'job')
      job(): void {
        log.push('job');
      }
      onApplicationBootstrap(): void {
        log.push('bootstrap');
      }
    }
    const backend = new Closable();
    const error = await failure(startApp({ providers: [Migrations], options: { backend } }));
    expect(error.cause).toBe(cause);
    expect(error.message).toContain('"Migrations.migrate" has to be done before this app can start');
    expect(error.message).toContain('column missing');
    expect(backend.closed).toBe(1);
    await sleep(20);
    expect(log).toEqual([]);
  });

  it('that takes longer than its timeout stops the start', async () => {
    class Migrations {
      @ExclusiveOnBootstrap({ lock: 'migrations', timeout: 30 })
      async migrate({ signal }: JobRun): Promise<void> {
        await sleep(10_000, undefined, { signal });
      }
    }
    const error = await failure(startApp({ providers: [Migrations] }));
    expect(error.message).toContain('"Migrations.migrate" was not done within 30 ms');
  });

  it('is tried again as `retry` says', async () => {
    class Migrations {
      @ExclusiveOnBootstrap({ lock: 'migrations', retry: { attempts: 3, delay: 1 } })
      migrate({ attempt }: JobRun): void {
        log.push(`attempt ${attempt}`);
        if (attempt < 3) throw new Error('not yet');
      }
    }
    await startApp({ providers: [Migrations] });
    expect(log).toEqual(['attempt 1', 'attempt 2', 'attempt 3']);
  });

  it('is stopped by a shutdown, and so is the start', async () => {
    class Migrations {
      @ExclusiveOnBootstrap('migrations')
      async migrate({ signal }: JobRun): Promise<void> {
        log.push('begin');
        await sleep(10_000, undefined, { signal });
      }
    }
    const http = await NestFactory.create(appModule({ providers: [Migrations] }), {
      logger: false,
      abortOnError: false,
    });
    const starting = failure(http.init());
    await until(() => log.length > 0);
    const closing = http.close();
    expect((await starting).message).toContain('the app is shutting down');
    await closing;
  });

  it('is neither done nor waited for where it is switched off', async () => {
    class Migrations {
      @ExclusiveOnBootstrap('migrations')
      migrate(): void {
        log.push('migrated');
      }
    }
    const start = cluster(Migrations);
    await start({ LEASED_JOBS_MIGRATIONS_MIGRATE_ENABLED: 'false' });
    await start({ LEASED_JOBS_ENABLED: 'false' });
    expect(log).toEqual([]);
  });

  it('may be in a request-scoped provider, is listed, and tells no requests of a day', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Migrations {
      constructor(@Inject(REQUEST) private readonly request: JobRun) {}
      @ExclusiveOnBootstrap({ lock: 'migrations', once: 'v1' })
      migrate(run: JobRun): void {
        log.push(`asked by its run: ${this.request === run}`);
      }
    }
    const logger = new RecordingLogger();
    const app = await startApp({ providers: [Migrations], logger });
    expect(log).toEqual(['asked by its run: true']);
    expect(await app.get(LeasedJobs).list()).toMatchObject([
      { name: 'Migrations.migrate', lock: 'migrations', schedule: 'once for v1', next: null },
    ]);
    expect(logger.lines.join('\n')).not.toContain('requests');
  });
});
