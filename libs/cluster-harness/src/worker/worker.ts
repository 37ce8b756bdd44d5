import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExclusiveInterval, type JobRun, LeasedJobsModule } from '@leased-jobs/nestjs';
import { Journal } from '../journal/journal.js';
import { recordRun } from './recorded-run.js';
import { WORKER_JOB, workerSettings } from './worker-settings.js';

const { every, steps, stepTime, ttl, drainTimeout, handler = 'heeding', blockTime = 0 } = workerSettings();
const journal = Journal.fromEnv();
process.on('SIGWINCH', () => journal.block(blockTime));

/** A Nest app with one job, which writes down what it does. What tests run as the instances of a cluster. */
@Injectable()
class Worker implements OnApplicationBootstrap, OnApplicationShutdown {
  @ExclusiveInterval(every, { name: WORKER_JOB, lock: WORKER_JOB, ttl })
  async work(run: JobRun): Promise<void> {
    await recordRun(journal, WORKER_JOB, run, async (log) => {
      for (let step = 0; step < steps; step++) {
        await delay(stepTime);
        if (handler === 'heeding') run.signal.throwIfAborted();
        log.step(() => run.throwIfLost());
      }
    });
  }

  onApplicationBootstrap(): void {
    journal.started();
  }

  onApplicationShutdown(): void {
    journal.stopped();
  }
}

@Module({
  imports: [LeasedJobsModule.forRoot({ ...(drainTimeout !== undefined && { drainTimeout }) })],
  providers: [Worker],
})
class WorkerModule {}

const app = await NestFactory.createApplicationContext(WorkerModule, { abortOnError: false });
app.enableShutdownHooks();
