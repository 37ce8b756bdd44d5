import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LeaseLostError, type RunOutcome, ShutdownError } from '@leased-jobs/core';
import { ExclusiveInterval, type JobRun, LeasedJobsModule } from '@leased-jobs/nestjs';
import type { AbortReason } from '../journal/entry.js';
import { Journal } from '../journal/journal.js';
import { WORKER_JOB, workerSettings } from './worker-settings.js';

const { every, steps, stepTime, ttl, drainTimeout, handler = 'heeding', blockTime = 0 } = workerSettings();
const journal = Journal.fromEnv();
process.on('SIGWINCH', () => journal.block(blockTime));

/** A Nest app with one job, which writes down what it does. What tests run as the instances of a cluster. */
@Injectable()
class Worker implements OnApplicationBootstrap, OnApplicationShutdown {
  @ExclusiveInterval(every, { name: WORKER_JOB, lock: WORKER_JOB, ttl })
  async work(run: JobRun): Promise<void> {
    const { job, slot, fencingToken, attempt, signal } = run;
    const log = journal.runStarted({
      job,
      lock: WORKER_JOB,
      slot: slot?.getTime() ?? null,
      fencingToken,
      attempt,
    });
    signal.addEventListener('abort', () => log.aborted(abortReason(signal.reason)));
    try {
      for (let step = 0; step < steps; step++) {
        await delay(stepTime);
        if (handler === 'heeding') signal.throwIfAborted();
        log.step(() => run.throwIfLost());
      }
      log.ended('succeeded');
    } catch (error) {
      log.ended(outcome(error));
      throw error;
    }
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

function abortReason(reason: unknown): AbortReason {
  if (reason instanceof LeaseLostError) return 'lost';
  return reason instanceof ShutdownError ? 'shutdown' : 'maxRuntime';
}

function outcome(error: unknown): RunOutcome {
  if (error instanceof LeaseLostError) return 'lost';
  return error instanceof ShutdownError ? 'interrupted' : 'failed';
}

const app = await NestFactory.createApplicationContext(WorkerModule, { abortOnError: false });
app.enableShutdownHooks();
