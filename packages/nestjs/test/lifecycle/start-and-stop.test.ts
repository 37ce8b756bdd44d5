// oxlint-disable typescript/no-extraneous-class -- a Nest module often is an empty class
import { Inject, Injectable } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MemoryLeaseProvider, MemoryStore } from '@leased-jobs/core';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { ExclusiveInterval, type JobRun, LeasedJobs, LeasedJobsModule, Leases } from '@leased-jobs/nestjs';
import { appModule, closedAfterTest, ENV, RecordingLogger, startApp, until } from '../nest-app.js';

class CountingProvider extends MemoryLeaseProvider {
  asked = 0;
  closed = 0;
  override async acquire(
    ...given: Parameters<MemoryLeaseProvider['acquire']>
  ): ReturnType<MemoryLeaseProvider['acquire']> {
    this.asked++;
    return super.acquire(...given);
  }
  override async close(): Promise<void> {
    this.closed++;
  }
}

@Injectable()
class Ticking {
  runs = 0;
  @ExclusiveInterval(5, 'ticking')
  tick(): void {
    this.runs++;
  }
}

describe('an app that stops', () => {
  it('runs no job any more, and has closed its provider once, however often it is closed', async () => {
    const provider = new CountingProvider();
    const app = await startApp({ providers: [Ticking], options: { backend: provider } });
    const ticking = app.get(Ticking);
    await until(() => ticking.runs > 0);
    await Promise.all([app.close(), app.close()]);
    const { runs } = ticking;
    await app.close();
    await sleep(30);
    expect(ticking.runs).toBe(runs);
    expect(provider.closed).toBe(1);
  });

  it('leaves no timer', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const app = await startApp({ providers: [Ticking] });
    const ticking = app.get(Ticking);
    await until(() => ticking.runs > 0);
    await app.close();
    // Fewer if one of the test runner's own has ended meanwhile.
    expect(timers()).toBeLessThanOrEqual(before);
  });

  it('waits for a run that does not end no longer than its drain timeout, and says so', async () => {
    let began = false;
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => (open = resolve));
    class Stubborn {
      @ExclusiveInterval(5, { lock: 'stubborn', name: 'stubborn' })
      async run(): Promise<void> {
        began = true;
        await gate;
      }
    }
    const logger = new RecordingLogger();
    const app = await startApp({ providers: [Stubborn], options: { drainTimeout: 50 }, logger });
    await until(() => began);
    const start = performance.now();
    await app.close();
    expect(performance.now() - start).toBeLessThan(1_000);
    expect(logger.lines).toContainEqual(
      expect.stringMatching(/^warn Drained after .*still run.*: stubborn$/),
    );
    open();
  });

  it('never begins, if it is closed before it is initialised, and even if it is initialised then', async () => {
    const provider = new CountingProvider();
    const logger = new RecordingLogger();
    const root = appModule({ providers: [Ticking], options: { backend: provider } });
    const app = closedAfterTest(await NestFactory.create(root, { logger, abortOnError: false }));
    await app.close();
    await app.init();
    await sleep(20);
    expect(provider.asked).toBe(0);
    expect(logger.lines).not.toContainEqual(expect.stringContaining('Backend memory'));
  });
});

describe('an app of which another part cannot start', () => {
  @Injectable()
  class Broken {
    onApplicationBootstrap(): void {
      throw new Error('no such table');
    }
  }

  it('never asks the store', async () => {
    const provider = new CountingProvider();
    await expect(startApp({ providers: [Ticking, Broken], options: { backend: provider } })).rejects.toThrow(
      'no such table',
    );
    await sleep(30);
    expect(provider.asked).toBe(0);
  });
});

describe('two apps in one process', () => {
  it('exclude each other on a store that they share, and stop one by one', async () => {
    const store = new MemoryStore();
    const running = new Set<string>();
    let overlaps = 0;
    const ran = new Set<string>();
    class Shared {
      constructor(readonly app: string) {}
      @ExclusiveInterval(4, 'shared')
      async work(): Promise<void> {
        running.add(this.app);
        if (running.size > 1) overlaps++;
        await sleep(5);
        running.delete(this.app);
        ran.add(this.app);
      }
    }
    const start = (name: string): ReturnType<typeof startApp> =>
      startApp({
        providers: [{ provide: Shared, useValue: new Shared(name) }],
        options: { backend: new MemoryLeaseProvider(store), instance: name },
      });
    const [one, two] = [await start('one'), await start('two')];
    await until(() => ran.has('one') || ran.has('two'));
    await one.close();
    ran.clear();
    await until(() => ran.has('two'));
    await two.close();
    expect(overlaps).toBe(0);
    expect(ran).toEqual(new Set(['two']));
  });
});

describe('what goes wrong in a run', () => {
  // Jest fails a test in which an error is caught by nobody.
  it('is logged with its stack, is an event, and does not stop the schedule', async () => {
    class Failing {
      runs = 0;
      @ExclusiveInterval(5, { lock: 'failing', name: 'failing' })
      async run({ signal }: JobRun): Promise<void> {
        if (++this.runs === 1) throw new Error('SMTP is down');
        signal.addEventListener('abort', () => {
          throw new Error('a listener threw');
        });
        if (this.runs === 3) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      }
    }
    const seen: string[] = [];
    const logger = new RecordingLogger();
    const app = await startApp({ providers: [Failing], logger });
    app.get(LeasedJobs).events.subscribe((event) => {
      seen.push(event.type);
      throw new Error('a subscriber threw');
    });
    const failing = app.get(Failing);
    await until(() => failing.runs >= 3);
    await app.close();
    await sleep(5);
    expect(seen).toContain('run-ended');
    expect(logger.lines).toContainEqual(
      expect.stringMatching(/^error failing failed after \d+ ms: SMTP is down$/),
    );
    expect(logger.stacks).toContainEqual(expect.stringMatching(/SMTP is down\n.*Failing\.run/));
    expect(logger.lines).toContainEqual(expect.stringContaining('a listener threw'));
    expect(logger.lines).toContainEqual(expect.stringContaining('a subscriber threw'));
  });

  it('is told once per outage if it is the store that fails, and again when the store is back', async () => {
    class Flaky extends MemoryLeaseProvider {
      failing = true;
      calls = 0;
      override async acquire(
        ...given: Parameters<MemoryLeaseProvider['acquire']>
      ): ReturnType<MemoryLeaseProvider['acquire']> {
        this.calls++;
        if (this.failing) throw new Error('connection refused');
        return super.acquire(...given);
      }
    }
    const provider = new Flaky();
    const logger = new RecordingLogger();
    const app = await startApp({ providers: [Ticking], options: { backend: provider }, logger });
    await until(() => provider.calls > 4);
    provider.failing = false;
    const ticking = app.get(Ticking);
    await until(() => ticking.runs > 0);
    await app.close();
    expect(logger.lines.filter((line) => /^(warn|error)/.test(line))).toEqual([
      expect.stringMatching(/^warn The store failed \(acquire ticking\): .*connection refused/),
    ]);
    expect(logger.lines).toContainEqual(expect.stringMatching(/^log The memory backend answers again/));
  });
});

describe('the module', () => {
  it('takes its options from a factory, a class, or a provider that exists', async () => {
    const options = { backend: new MemoryLeaseProvider(), namespace: 'test', instance: 'configured' };
    @Injectable()
    class Config {
      createLeasedJobsOptions = (): typeof options => options;
    }
    const exported = { module: class Exporting {}, providers: [Config], exports: [Config] };
    for (const module of [
      LeasedJobsModule.forRootAsync({ useFactory: async () => options }),
      LeasedJobsModule.forRootAsync({
        imports: [exported],
        inject: [Config],
        useFactory: (config: Config) => config.createLeasedJobsOptions(),
      }),
      LeasedJobsModule.forRootAsync({ useClass: Config }),
      LeasedJobsModule.forRootAsync({ imports: [exported], useExisting: Config }),
    ]) {
      const logger = new RecordingLogger();
      const root = { module: class Root {}, imports: [module] };
      const app = closedAfterTest(
        await NestFactory.createApplicationContext(root, { logger, abortOnError: false }),
      );
      expect(logger.lines).toContain('log Backend memory, namespace test, instance configured');
      await app.close();
    }
  });

  it('gives Leases and LeasedJobs to every module', async () => {
    @Injectable()
    class Reports {
      constructor(
        @Inject(Leases) readonly leases: Leases,
        @Inject(LeasedJobs) readonly jobs: LeasedJobs,
      ) {}
    }
    const app = await startApp({ imports: [{ module: class Feature {}, providers: [Reports] }] });
    const { leases, jobs } = app.get(Reports);
    const lease = await leases.tryAcquire('report');
    expect(await leases.tryAcquire('report')).toBeNull();
    await lease?.release();
    expect(await jobs.list()).toEqual([]);
    await app.close();
  });

  it('starts from the environment alone', async () => {
    const before = { ...process.env };
    Object.assign(process.env, { ...ENV, LEASED_JOBS_BACKEND: 'memory' });
    try {
      const logger = new RecordingLogger();
      const root = { module: class Root {}, imports: [LeasedJobsModule.forRoot()], providers: [Ticking] };
      const app = closedAfterTest(
        await NestFactory.createApplicationContext(root, { logger, abortOnError: false }),
      );
      const ticking = app.get(Ticking);
      await until(() => ticking.runs > 0);
      await app.close();
      expect(logger.lines).toContain('log Backend memory, namespace test, instance web-1');
    } finally {
      process.env = before;
    }
  });
});
