// oxlint-disable typescript/no-extraneous-class -- a Nest module often is an empty class
import { Global, Inject, Injectable, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ExclusiveInterval, type JobRun } from '@leased-jobs/nestjs';
import { appModule, closedAfterTest, until } from '../nest-app.js';

/** Everything that happened, in its order. */
let journal: string[] = [];
beforeEach(() => {
  journal = [];
});

@Injectable()
class Pool {
  #open = true;
  async query(): Promise<void> {
    if (!this.#open) journal.push('query on a closed pool');
  }
  async onModuleInit(): Promise<void> {
    journal.push('pool opened');
  }
  async onApplicationBootstrap(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 20));
    journal.push('app bootstrapped');
  }
  async onModuleDestroy(): Promise<void> {
    this.#open = false;
    journal.push('pool closed');
  }
}

/** Goes on using its pool for a while after it was told to stop. */
@Injectable()
class Worker {
  constructor(@Inject(Pool) readonly pool: Pool) {}
  @ExclusiveInterval(5, 'work')
  async work({ signal }: JobRun): Promise<void> {
    journal.push('run started');
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    for (let step = 0; step < 5; step++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      await this.pool.query();
    }
    journal.push('run ended');
  }
}

const SHAPES: readonly (readonly [string, () => Type])[] = [
  [
    'a global module',
    () => {
      @Global()
      @Module({ providers: [Pool], exports: [Pool] })
      class Database {}
      return appModule({ imports: [Database], providers: [Worker] });
    },
  ],
  [
    'a module deep in the import graph',
    () => {
      @Module({ providers: [Pool], exports: [Pool] })
      class Database {}
      @Module({ imports: [Database], exports: [Database] })
      class Repositories {}
      @Module({ imports: [Repositories], providers: [Worker] })
      class Feature {}
      return appModule({ imports: [Feature] });
    },
  ],
  [
    'a sibling module',
    () => {
      @Module({ providers: [Pool], exports: [Pool] })
      class Database {}
      return appModule({ imports: [Database], providers: [Worker] });
    },
  ],
  ['the root module itself', () => appModule({ providers: [Pool, Worker] })],
];

describe.each(SHAPES)('with a pool in %s', (_, shape) => {
  it('jobs tick after the app has bootstrapped, and have ended before the pool closes', async () => {
    const app = closedAfterTest(
      await NestFactory.createApplicationContext(shape(), { logger: false, abortOnError: false }),
    );
    await until(() => journal.includes('run started'));
    await app.close();
    expect(journal).toEqual(['pool opened', 'app bootstrapped', 'run started', 'run ended', 'pool closed']);
  });
});

describe('the order holds', () => {
  const shape = SHAPES[0]?.[1] as () => Type;
  const EXPECTED = ['pool opened', 'app bootstrapped', 'run started', 'run ended', 'pool closed'];

  it('in an app with HTTP that is initialised but does not listen', async () => {
    const app = closedAfterTest(await NestFactory.create(shape(), { logger: false, abortOnError: false }));
    await app.init();
    await until(() => journal.includes('run started'));
    await app.close();
    expect(journal).toEqual(EXPECTED);
  });

  it('in an app with HTTP that listens', async () => {
    const app = closedAfterTest(await NestFactory.create(shape(), { logger: false, abortOnError: false }));
    await app.listen(0, '127.0.0.1');
    await until(() => journal.includes('run started'));
    await app.close();
    expect(journal).toEqual(EXPECTED);
  });

  it('in a testing module', async () => {
    const app = closedAfterTest(await Test.createTestingModule({ imports: [shape()] }).compile());
    await app.init();
    await until(() => journal.includes('run started'));
    await app.close();
    expect(journal).toEqual(EXPECTED);
  });

  it('on a signal, and if the app is closed at the same time', async () => {
    // Nest sends the signal to this process again, once it has shut down.
    const kill = jest.spyOn(process, 'kill').mockReturnValue(true);
    const app = closedAfterTest(
      await NestFactory.createApplicationContext(shape(), { logger: false, abortOnError: false }),
    );
    app.enableShutdownHooks(['SIGTERM']);
    await until(() => journal.includes('run started'));
    process.emit('SIGTERM');
    await app.close();
    await until(() => kill.mock.calls.length > 0);
    kill.mockRestore();
    // Nest 11 calls each hook twice.
    expect([...new Set(journal)]).toEqual(EXPECTED);
  });
});
