import 'reflect-metadata';
import { ConsoleLogger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WorkerModule } from './worker.module.js';

/**
 * One instance: the jobs, and nothing that listens. Everything is set by the environment. Its jobs keep it alive, and it ends
 * with code 0 once it has drained.
 */
async function main(): Promise<void> {
  const json = process.env['NODE_ENV'] === 'production';
  const app = await NestFactory.createApplicationContext(WorkerModule, {
    logger: new ConsoleLogger({ json, logLevels: ['log', 'warn', 'error', 'fatal'] }),
    abortOnError: false,
  });
  app.enableShutdownHooks([], { useProcessExit: true });
}

try {
  await main();
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exit(1);
}
