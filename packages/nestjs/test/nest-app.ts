// oxlint-disable typescript/no-extraneous-class -- a Nest module often is an empty class
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type INestApplicationContext,
  type LoggerService,
  Module,
  type ModuleMetadata,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach } from '@jest/globals';
import { MemoryLeaseProvider } from '@leased-jobs/core';
import { LeasedJobsModule, type LeasedJobsModuleOptions } from '@leased-jobs/nestjs';

/** An environment in which everything is right. */
export const ENV = { LEASED_JOBS_NAMESPACE: 'test', LEASED_JOBS_INSTANCE: 'web-1' };

export interface AppParts extends ModuleMetadata {
  readonly options?: LeasedJobsModuleOptions;
  readonly logger?: LoggerService;
}

/** An app of one root module, with leases in memory, that has started. It is closed after the test at the latest. */
export async function startApp({ options, logger, ...parts }: AppParts): Promise<INestApplicationContext> {
  const app = await NestFactory.createApplicationContext(
    appModule({ ...parts, ...(options && { options }) }),
    {
      logger: logger ?? false,
      abortOnError: false,
    },
  );
  return closedAfterTest(app);
}

/** A test that fails in the middle must not leave jobs that tick: the process would never end. */
export function closedAfterTest<App extends INestApplicationContext>(app: App): App {
  opened.push(app);
  return app;
}

const opened: INestApplicationContext[] = [];
afterEach(async () => {
  for (const app of opened.splice(0)) await app.close();
});

export function appModule({ options, imports = [], ...parts }: AppParts): new () => object {
  const jobs = LeasedJobsModule.forRoot({ backend: new MemoryLeaseProvider(), env: ENV, ...options });
  @Module({ ...parts, imports: [jobs, ...imports] })
  class AppModule {}
  return AppModule;
}

/** What a person would read, one line each: `warn Nothing listens …`. */
export class RecordingLogger implements LoggerService {
  readonly lines: string[] = [];
  readonly stacks: string[] = [];

  log = (text: unknown): void => this.#add('log', text);
  warn = (text: unknown): void => this.#add('warn', text);
  debug = (text: unknown): void => this.#add('debug', text);

  error(text: unknown, stack?: unknown): void {
    this.#add('error', text);
    if (typeof stack === 'string') this.stacks.push(stack);
  }

  #add(level: string, text: unknown): void {
    this.lines.push(`${level} ${String(text)}`);
  }
}

/** Waits until something has come about, at most five seconds: what is due at a start is by chance within two of them. */
export async function until(what: () => boolean): Promise<void> {
  const end = performance.now() + 5_000;
  while (!what()) {
    if (performance.now() > end) throw new Error(`This did not come about in time: ${what.toString()}`);
    await sleep(2);
  }
}
