import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ExclusiveCron,
  ExclusiveInterval,
  ExclusiveOnBootstrap,
  ExclusiveService,
  type JobRun,
  LeasedJobsModule,
} from '@leased-jobs/nestjs';
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

function perform({ steps = Infinity, stepTime }: KindOfJob, run: JobRun): Promise<void> {
  return recordRun(journal, heldBy(run), run, async (log) => {
    for (let step = 0; step < steps; step++) {
      await delay(stepTime, undefined, { signal: run.signal }).catch(() => run.signal.throwIfAborted());
      log.step(() => run.throwIfLost());
    }
  });
}

/** Which of a job's locks it is that a run holds, tells nobody but a run of the engine itself. */
function heldBy(run: JobRun): string {
  return (run as JobRun & { readonly lock: string }).lock;
}

function decoratorOf(job: KindOfJob): MethodDecorator {
  const { name, lock = name, ttl } = job;
  const options = { name, lock, ttl };
  if (job.kind === 'cron') {
    return ExclusiveCron(job.expression, { ...options, ...(job.missed && { missed: job.missed }) });
  }
  if (job.kind === 'service') {
    return ExclusiveService({ ...options, ...(job.concurrency && { concurrency: job.concurrency }) });
  }
  if (job.kind === 'bootstrap')
    return ExclusiveOnBootstrap({ ...options, ...(job.once && { once: job.once }) });
  const mode = job.kind === 'interval' ? 'fixed-rate' : 'fixed-delay';
  return ExclusiveInterval(job.every, { ...options, mode });
}

const app = await NestFactory.createApplicationContext(KindsModule, { abortOnError: false });
app.enableShutdownHooks();
