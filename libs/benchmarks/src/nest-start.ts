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
  process.argv[2] === 'with'
    ? [LeasedJobsModule.forRoot({ backend: new MemoryLeaseProvider(), namespace: 'bench' })]
    : [];
Module({ imports, providers })(AppModule);

// The first app is started cold, as an instance is. What an idle job keeps is read off the second: the first has made
// the engine compile and optimise, which would count as well.
const started = performance.now();
const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
const milliseconds = performance.now() - started;
await app.close();

const before = heap();
const second = await NestFactory.createApplicationContext(AppModule, { logger: false });
process.stdout.write(JSON.stringify({ milliseconds, bytes: heap() - before }));
await second.close();

function heap(): number {
  // One collection only begins what needs two: weak references, and what they kept.
  for (let times = 0; times < 3; times++) globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
