import { getEventListeners } from 'node:events';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ManualClock } from '@leased-jobs/testing';
import {
  ComponentNotReadyError,
  ExclusiveInterval,
  LeasedJobs,
  StartupCoordinator,
} from '@leased-jobs/nestjs';
import { RecordingLogger, startApp } from '../nest-app.js';

let clock: ManualClock;
let startup: StartupCoordinator;
beforeEach(() => {
  clock = new ManualClock();
  startup = new StartupCoordinator(clock);
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** What has come of a promise up to now. */
async function stateOf(wait: Promise<void>): Promise<string> {
  const settled = wait.then(
    () => 'done',
    (error: Error) => error.message,
  );
  await new Promise((resolve) => setImmediate(resolve));
  return Promise.race([settled, Promise.resolve('waiting')]);
}

describe('who waits for a component', () => {
  it('goes on when it is ready, also if it has registered only then, or never', async () => {
    const waits = ['cache', 'queue'].map((name) => startup.waitFor(name));
    expect(await Promise.all(waits.map(stateOf))).toEqual(['waiting', 'waiting']);
    startup.register('cache');
    startup.signalReady('cache');
    expect(await Promise.all(waits.map(stateOf))).toEqual(['done', 'waiting']);
    startup.signalReady('queue');
    await waits[1];
  });

  it('does not wait if it is ready, even if it registers again', async () => {
    startup.signalReady('cache');
    startup.register('cache');
    expect(startup.isReady('cache')).toBe(true);
    await startup.waitFor('cache');
    expect(clock.pending).toEqual([]);
  });

  it('may wait for several', async () => {
    const both = startup.waitFor(['cache', 'queue']);
    startup.signalReady('cache');
    expect(await stateOf(both)).toBe('waiting');
    startup.signalReady('queue');
    await both;
  });

  it('is thrown what it has failed with, until it gets ready after all', async () => {
    const refused = new Error('connection refused');
    const wait = startup.waitFor('queue');
    startup.signalFailed('queue', refused);
    await expect(wait).rejects.toBe(refused);
    await expect(startup.waitFor('queue')).rejects.toBe(refused);
    expect(startup.isReady('queue')).toBe(false);
    startup.signalReady('queue');
    await startup.waitFor('queue');
  });

  it('is told by its own signal, on which nothing is left', async () => {
    const { signal, ...stop } = abortable();
    const [given, over] = [startup.waitFor('queue', signal), startup.waitFor('cache', signal)];
    startup.signalReady('cache');
    await over;
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    stop.abort(new Error('no patience'));
    await expect(given).rejects.toThrow('no patience');
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(clock.pending).toEqual([]);
    await expect(startup.waitFor('cache', signal)).rejects.toThrow('no patience');
  });

  it('is told when the app shuts down, what was not ready', async () => {
    const wait = startup.waitFor(['cache', 'queue']);
    startup.signalReady('cache');
    startup.close();
    await expect(wait).rejects.toThrow(new ComponentNotReadyError(['queue']));
    await expect(startup.waitForAll()).resolves.toBeUndefined();
    await expect(startup.waitFor('database')).rejects.toThrow('Gave up waiting for database');
    expect(clock.pending).toEqual([]);
  });

  it('has to name it', async () => {
    await expect(startup.waitFor('')).rejects.toThrow('A component cannot be called "".');
    expect(() => startup.register(undefined as never)).toThrow('A component cannot be called undefined.');
  });
});

function abortable(): { readonly signal: AbortSignal; abort(reason: Error): void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
}

describe('who waits for all components', () => {
  it('waits for those, too, that register meanwhile', async () => {
    startup.register('cache');
    const wait = startup.waitForAll();
    startup.register('queue');
    startup.signalReady('cache');
    expect(await stateOf(wait)).toBe('waiting');
    expect(startup.isReady()).toBe(false);
    startup.signalReady('queue');
    await wait;
    expect(startup.isReady()).toBe(true);
  });

  it('is thrown what the first one fails with', async () => {
    startup.register('cache');
    startup.register('queue');
    const wait = startup.waitForAll();
    startup.signalFailed('queue', 'no such host');
    await expect(wait).rejects.toThrow('no such host');
  });
});

it('tells once whom somebody has waited for more than ten seconds', async () => {
  const lines: unknown[] = [];
  jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => lines.push(line));
  startup.register('cache');
  const waits = [startup.waitFor(['cache', 'queue']), startup.waitFor('queue'), startup.waitForAll()];
  await clock.advance(9_999);
  expect(lines).toEqual([]);
  await clock.advance(60_000);
  expect(lines).toEqual([
    'Something has waited for 10 s for cache, queue (never registered), and goes on waiting',
  ]);
  startup.signalReady('cache');
  startup.signalReady('queue');
  await Promise.all(waits);
  expect(lines).toHaveLength(1);
});

describe('in an app', () => {
  it('is given to all, and ends their waits before anything is destroyed', async () => {
    const journal: string[] = [];
    @Injectable()
    class Cache {
      constructor(@Inject(StartupCoordinator) readonly coordinator: StartupCoordinator) {
        coordinator.register('cache');
      }
      onApplicationBootstrap(): void {
        this.coordinator.signalReady('cache');
      }
    }
    @Injectable()
    class Consumer {
      readonly #work: Promise<void>;
      constructor(@Inject(StartupCoordinator) coordinator: StartupCoordinator) {
        this.#work = this.#consume(coordinator);
      }
      async #consume(coordinator: StartupCoordinator): Promise<void> {
        await coordinator.waitFor('cache');
        journal.push('cache is ready');
        await coordinator.waitFor('queue').catch((error: Error) => journal.push(error.message));
      }
      async onModuleDestroy(): Promise<void> {
        await this.#work;
        journal.push('destroyed');
      }
    }
    const app = await startApp({ providers: [Consumer, Cache] });
    expect(app.get(StartupCoordinator).isReady()).toBe(true);
    await app.close();
    // Nest 11 calls each hook twice.
    expect([...new Set(journal)]).toEqual([
      'cache is ready',
      'Gave up waiting for queue: the app is shutting down. There is nothing to do but to stop as well.',
      'destroyed',
    ]);
  });

  it('ends the waits of jobs without a word when the app shuts down', async () => {
    class Waiting {
      @ExclusiveInterval(5, { lock: 'waiting', waitFor: ['cache'] })
      work(): void {}
    }
    const logger = new RecordingLogger();
    const app = await startApp({ providers: [Waiting], logger });
    const types: string[] = [];
    app.get(LeasedJobs).events.subscribe(({ type }) => types.push(type));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await app.close();
    expect(types).toEqual(['drained']);
    expect(logger.lines.filter((line) => line.startsWith('error'))).toEqual([]);
  });

  it('ends all waits if the app cannot start', async () => {
    let wait: Promise<void> | undefined;
    class Early {
      constructor(@Inject(StartupCoordinator) coordinator: StartupCoordinator) {
        wait = coordinator.waitFor('cache');
        wait.catch(() => {});
      }
      @ExclusiveInterval(0)
      bad(): void {}
    }
    await expect(startApp({ providers: [Early] })).rejects.toThrow('An interval of 0 ms');
    await expect(wait).rejects.toBeInstanceOf(ComponentNotReadyError);
  });
});
