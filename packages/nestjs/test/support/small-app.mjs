// An app with one job, set up by the environment alone, as its user would start it. It prints each run, and everything
// that its store failed with in full depth, and ends after that, or after the third run.
import 'reflect-metadata';
import { inspect } from 'node:util';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExclusiveInterval, LeasedJobs, LeasedJobsModule } from '@leased-jobs/nestjs';

class Jobs {
  run() {
    process.stdout.write('RUN\n');
    if (++runs === 3) process.kill(process.pid, 'SIGTERM');
  }
}
let runs = 0;
const decorate = ExclusiveInterval(300, { lock: 'news' });
decorate(Jobs.prototype, 'run', Object.getOwnPropertyDescriptor(Jobs.prototype, 'run'));

class AppModule {}
Module({ imports: [LeasedJobsModule.forRoot()], providers: [Jobs] })(AppModule);

const logger = ['error', 'warn', 'log', 'debug'];
const app = await NestFactory.createApplicationContext(AppModule, { logger });
app.enableShutdownHooks();
const jobs = app.get(LeasedJobs);
jobs.events.subscribe((event) => {
  if (event.type === 'store-failed') void tell(event.error);
});

async function tell(failure) {
  const listing = await jobs.list().catch((thrown) => thrown);
  for (const thrown of [failure, listing]) {
    const causes = [thrown.stack, thrown.cause?.stack, thrown.cause?.cause?.stack];
    process.stdout.write(`${inspect(thrown, { depth: 20, showHidden: true, getters: true })}\n`);
    process.stdout.write(`${JSON.stringify(thrown)} ${causes.join(' ')}\n`);
  }
  process.kill(process.pid, 'SIGTERM');
}
