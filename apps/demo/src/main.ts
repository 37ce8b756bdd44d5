import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { endWithStarter, tellStarter } from './cluster/starter.js';
import { OneLineLogger } from './one-line-logger.js';
import { parsePort } from './port.js';

/** One instance: a page, and the jobs. Everything is set by the environment. */
async function main(): Promise<void> {
  const port = parsePort(process.env['PORT']);
  const app = await NestFactory.create<NestExpressApplication>(AppModule, {
    logger: new OneLineLogger(),
    abortOnError: false,
    // A browser that keeps its connection open would keep the instance from ending.
    forceCloseConnections: true,
  });
  app.enableShutdownHooks([], { useProcessExit: true });
  await app.listen(port);
  tellStarter({ kind: 'listening' });
}

endWithStarter();
try {
  await main();
} catch (thrown) {
  process.stderr.write(`${reason(thrown)}\n`);
  process.exit(1);
}

function reason(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { code, message } = thrown as NodeJS.ErrnoException;
  return code === 'EADDRINUSE' ? `${message}. Set PORT to a port that is free.` : message;
}
