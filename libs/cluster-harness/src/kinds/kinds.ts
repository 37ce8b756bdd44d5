import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExclusiveCron, type JobRun, LeasedJobsModule } from '@leased-jobs/nestjs';
import { Journal } from '../journal/journal.js';
import { recordRun } from '../worker/recorded-run.js';
import { type KindOfJob, kindsSettings } from './kinds-settings.js';

const journal = Journal.fromEnv();

/** A Nest app with whatever jobs a test asks for, which write down what they do. */
@Injectable()
class Kinds implements OnApplicationBootstrap, OnApplicationShutdown {
  onApplicationBootstrap(): void {
    journal.started();
  }

  onApplicationShutdown(): void {
    journal.stopped();
  }
}

for (const job of kindsSettings().jobs) {
  const descriptor = { value: (run: JobRun) => perform(job, run), configurable: true, writable: true };
  Object.defineProperty(Kinds.prototype, job.name, descriptor);
  decoratorOf(job)(Kinds.prototype, job.name, descriptor);
}

@Module({ imports: [LeasedJobsModule.forRoot()], providers: [Kinds] })
class KindsModule {}

function perform({ name, lock = name, steps, stepTime }: KindOfJob, run: JobRun): Promise<void> {
  return recordRun(journal, lock, run, async (log) => {
    for (let step = 0; step < steps; step++) {
      await delay(stepTime, undefined, { signal: run.signal }).catch(() => run.signal.throwIfAborted());
      log.step(() => run.throwIfLost());
    }
  });
}

function decoratorOf({ name, lock = name, ttl, expression, missed }: KindOfJob): MethodDecorator {
  return ExclusiveCron(expression, { name, lock, ttl, ...(missed && { missed }) });
}

const app = await NestFactory.createApplicationContext(KindsModule, { abortOnError: false });
app.enableShutdownHooks();
