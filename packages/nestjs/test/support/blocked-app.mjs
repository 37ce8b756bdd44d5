// An app that holds a lease, and blocks its event loop. It prints what its lease was worth meanwhile and after that.
import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LeasedJobs, LeasedJobsModule, Leases } from '@leased-jobs/nestjs';

const { lock, blocked, settle = 0 } = JSON.parse(process.argv[2] ?? '{}');
const env = { ...process.env };
const events = [];

class AppModule {
  constructor(jobs) {
    jobs.events.subscribe(({ type, reason }) => void events.push(reason ? `${type} ${reason}` : type));
  }
  /** By now the app has its provider, and the worker has none. */
  onModuleInit() {
    if (env.BREAK_WORKER) env.REDIS_URL = 'nonsense';
  }
}
Reflect.defineMetadata('design:paramtypes', [LeasedJobs], AppModule);
Module({ imports: [LeasedJobsModule.forRoot({ env })] })(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
const lease = await app.get(Leases).tryAcquire(lock);
await sleep(settle);
const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));
let inTheMiddle = true;
const until = performance.now() + blocked;
while (performance.now() < until) {
  Atomics.wait(nobodyWakes, 0, 0, 100);
  inTheMiddle &&= isTrusted();
}
await sleep(300);
const afterwards = isTrusted();
await lease.release();
await app.close();
process.stdout.write(`${JSON.stringify({ inTheMiddle, afterwards, events })}\n`);

function isTrusted() {
  try {
    lease.throwIfLost();
    return true;
  } catch {
    return false;
  }
}
