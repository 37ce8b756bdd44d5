import { once } from 'node:events';
import { Injectable, type INestApplicationContext, Scope, type Type } from '@nestjs/common';
import { MemoryLeaseProvider, MemoryStore } from '@leased-jobs/core';
import { ManualClock } from '@leased-jobs/testing';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  currentRun,
  ExclusiveService,
  type JobRun,
  LeasedJobs,
  StartupCoordinator,
} from '@leased-jobs/nestjs';
import { ENV, RecordingLogger, startApp } from '../nest-app.js';

/** Goes on until it is told to stop, as a consumer does. */
async function untilStopped({ signal }: JobRun): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

@Injectable()
class Consumer {
  runs = 0;
  isRunning = false;

  @ExclusiveService('orders')
  async consume(run: JobRun): Promise<void> {
    this.runs++;
    this.isRunning = currentRun() === run;
    await untilStopped(run);
    this.isRunning = false;
  }
}

/** Instances of one cluster, with one clock. What they begin with is due by chance within two seconds. */
function cluster(provider: Type = Consumer) {
  const clock = new ManualClock();
  const store = new MemoryStore(clock);
  const start = (env: Record<string, string> = {}) =>
    startApp({
      providers: [provider],
      options: { backend: new MemoryLeaseProvider(store), clock, env: { ...ENV, ...env } },
    });
  return { clock, start };
}

function isRunning(app: INestApplicationContext): boolean {
  return app.get(Consumer).isRunning;
}

describe('a method with @ExclusiveService', () => {
  it('goes on on one instance of several, and on another at once when that one stops', async () => {
    const { clock, start } = cluster();
    const apps = [await start(), await start(), await start()];
    await clock.advance(600_000);
    const running = apps.filter(isRunning);
    expect(running).toHaveLength(1);
    const others = apps.filter((app) => !running.includes(app));
    await running[0]?.close();
    await clock.advance(100);
    expect(others.filter(isRunning)).toHaveLength(1);
    expect(apps.reduce((runs, app) => runs + app.get(Consumer).runs, 0)).toBe(2);
  });

  it('is called again after its restart delay when it throws, and ever later when it does so again', async () => {
    const times: number[] = [];
    class Failing {
      @ExclusiveService({ lock: 'failing', restartDelay: 1_000, maxRestartDelay: 4_000 })
      consume(): void {
        times.push(clock.wall());
        throw new Error('boom');
      }
    }
    const { clock, start } = cluster(Failing);
    await start();
    await clock.advance(30_000);
    const pauses = times.slice(1, 5).map((time, n) => time - (times[n] ?? 0));
    for (const [index, least] of [1_000, 2_000, 4_000, 4_000].entries()) {
      expect(pauses[index]).toBeGreaterThanOrEqual(least);
      expect(pauses[index]).toBeLessThan(least * 1.5);
    }
  });

  it('goes on on as many instances as its concurrency says', async () => {
    let atOnce = 0;
    class Parallel {
      @ExclusiveService({ lock: 'parallel', concurrency: 2 })
      async consume(run: JobRun): Promise<void> {
        atOnce++;
        await untilStopped(run);
        atOnce--;
      }
    }
    const { clock, start } = cluster(Parallel);
    await Promise.all([start(), start(), start()]);
    await clock.advance(600_000);
    expect(atOnce).toBe(2);
  });

  it('does not begin before what it waits for is ready', async () => {
    let runs = 0;
    class Waiting {
      @ExclusiveService({ lock: 'waiting', waitFor: ['cache', 'index'] })
      async consume(run: JobRun): Promise<void> {
        runs++;
        await untilStopped(run);
      }
    }
    const { clock, start } = cluster(Waiting);
    const startup = (await start()).get(StartupCoordinator);
    startup.signalReady('cache');
    await clock.advance(60_000);
    expect(runs).toBe(0);
    startup.signalReady('index');
    await clock.advance(2_000);
    expect(runs).toBe(1);
  });

  it('does not begin where it is switched off', async () => {
    const { clock, start } = cluster();
    const off = await start({ LEASED_JOBS_CONSUMER_CONSUME_ENABLED: 'false' });
    const on = await start();
    await clock.advance(60_000);
    expect([off, on].map(isRunning)).toEqual([false, true]);
  });

  it('is listed as what is always due, and tells its requests', async () => {
    const logger = new RecordingLogger();
    const app = await startApp({ providers: [Consumer], logger });
    expect(await app.get(LeasedJobs).list()).toMatchObject([
      { name: 'Consumer.consume', lock: 'orders', schedule: 'always', next: null },
    ]);
    expect(logger.lines).toContain(
      'debug Consumer.consume sends memory about 1 requests for each third of its ttl while this instance runs it, and 1 for each ttl while another does',
    );
  });

  describe.each(['request-scoped', 'transient'])('in a %s provider', (scope) => {
    let made = 0;
    let disposed = 0;
    const runs: number[] = [];
    beforeEach(() => {
      made = 0;
      disposed = 0;
      runs.length = 0;
    });
    @Injectable({ scope: scope === 'transient' ? Scope.TRANSIENT : Scope.REQUEST })
    class Scoped {
      readonly id = ++made;
      @ExclusiveService({ lock: 'scoped', restartDelay: 1_000 })
      consume(): void {
        runs.push(this.id, disposed);
      }
      [Symbol.dispose](): void {
        disposed++;
      }
    }

    it('gets one fresh context for each run, which is disposed of before the next', async () => {
      const { clock, start } = cluster(Scoped);
      await start();
      made = 0;
      await clock.advance(10_000);
      expect(runs.slice(0, 6)).toEqual([1, 0, 2, 1, 3, 2]);
    });
  });
});
