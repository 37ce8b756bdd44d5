import 'reflect-metadata';
import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MemoryLeaseProvider } from '@leased-jobs/core';
import { ExclusiveInterval, LeasedJobsModule } from '@leased-jobs/nestjs';

// Starts a Nest app of 10,000 decorated methods, with the module or without, and prints what that took.
const CLASSES = 100;
const METHODS = 100;

function classOfJobs(number: number): Type {
  const Jobs = class {};
  Object.defineProperty(Jobs, 'name', { value: `Jobs${number}` });
  for (let method = 0; method < METHODS; method++) {
    const name = `method${method}`;
    Object.defineProperty(Jobs.prototype, name, { value: () => {}, writable: true, configurable: true });
    const descriptor = Object.getOwnPropertyDescriptor(Jobs.prototype, name);
    if (descriptor) ExclusiveInterval(3_600_000 + (method % 10))(Jobs.prototype, name, descriptor);
  }
  return Jobs;
}

class AppModule {}
const providers = Array.from({ length: CLASSES }, (_, number) => classOfJobs(number));
const imports =
  process.argv[2] === 'with' ? [LeasedJobsModule.forRoot({ backend: new MemoryLeaseProvider() })] : [];
Module({ imports, providers })(AppModule);

globalThis.gc?.();
const before = process.memoryUsage();
const started = performance.now();
const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
const took = performance.now() - started;
globalThis.gc?.();
const after = process.memoryUsage();
process.stdout.write(
  JSON.stringify({
    milliseconds: took,
    bytes: after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers,
  }),
);
await app.close();
