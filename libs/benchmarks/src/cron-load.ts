import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Cron, ScheduleModule } from '@nestjs/schedule';
import { type AcquireRequest, type LeaseRefusal, MemoryLeaseProvider } from '@leased-jobs/core';
import { ExclusiveCron, type JobRun, LeasedJobs, LeasedJobsModule } from '@leased-jobs/nestjs';

// Runs an app with 10,000 cron jobs that do nothing, each of them once a second, and prints the share of a core that this
// takes, how late handlers are called, and the share of the slots for which they are.
//
// - `leased`: each run under its lease, from memory.
// - `others-run`: another instance has run each slot, as it is on all instances but one.
// - `nestjs-schedule`: the timers of @nestjs/schedule.
const CLASSES = 100;
const METHODS = 100;
const EXPRESSION = '* * * * * *';
/** Milliseconds, all. */
const SECOND = 1_000;
const WARM_UP = 5 * SECOND;
const MEASURED = 20 * SECOND;

class OthersRun extends MemoryLeaseProvider {
  override async acquire({ job }: AcquireRequest): Promise<LeaseRefusal> {
    return { refused: 'done', lastSlot: job?.slot ?? 0, retryAfter: 0 };
  }
}

const lateness: number[] = [];
let measuring = false;

const record = (slot: number): void => {
  if (measuring) lateness.push(Date.now() - slot);
};
/** Which time a handler was called for, nobody tells: the last one that it can have been. */
const recordUntold = (): void => record(Math.floor(Date.now() / SECOND) * SECOND);
const recordRun = (run: JobRun): void => record(run.slot?.getTime() ?? Number.NaN);

// The timers of @nestjs/schedule tell of each time that they are late for.
console.warn = () => {};

const variant = process.argv[2] ?? '';
const isOurs = variant !== 'nestjs-schedule';

function classOfJobs(number: number): Type {
  const Jobs = class {};
  Object.defineProperty(Jobs, 'name', { value: `Jobs${number}` });
  const decorate = isOurs ? ExclusiveCron(EXPRESSION, { jitter: 0 }) : Cron(EXPRESSION);
  for (let method = 0; method < METHODS; method++) {
    // A function of its own for each: @nestjs/schedule keeps its record with the function.
    const value = isOurs ? (run: JobRun) => recordRun(run) : () => recordUntold();
    const descriptor = { value, writable: true, configurable: true };
    Object.defineProperty(Jobs.prototype, `method${method}`, descriptor);
    decorate(Jobs.prototype, `method${method}`, descriptor);
  }
  return Jobs;
}

function schedulingModule(): DynamicModule {
  if (!isOurs) return ScheduleModule.forRoot();
  const backend = variant === 'leased' ? new MemoryLeaseProvider() : new OthersRun();
  return LeasedJobsModule.forRoot({ backend, namespace: 'bench' });
}

class AppModule {}
const providers = Array.from({ length: CLASSES }, (_, number) => classOfJobs(number));
Module({ imports: [schedulingModule()], providers })(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
if (variant === 'others-run') {
  app.get(LeasedJobs).events.subscribe((event) => {
    if (event.type === 'skipped') record(event.slot.getTime());
  });
}
await sleep(WARM_UP);
// From the middle of a second to the middle of another, unless somebody is that late.
await sleep((1.5 * SECOND - (Date.now() % SECOND)) % SECOND);
const before = process.cpuUsage();
const from = performance.now();
measuring = true;
await sleep(MEASURED);
measuring = false;
const { user, system } = process.cpuUsage(before);
const took = performance.now() - from;
const ordered = Float64Array.from(lateness).toSorted();
const quantile = (share: number): number => ordered[Math.floor(share * ordered.length)] ?? Number.NaN;
process.stdout.write(
  JSON.stringify({
    core: (100 * (user + system)) / 1_000 / took,
    median: quantile(0.5),
    p99: quantile(0.99),
    slots: (100 * lateness.length) / (CLASSES * METHODS * Math.round(took / SECOND)),
  }),
);
await app.close();
