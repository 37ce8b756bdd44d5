import 'reflect-metadata';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { startRedis } from '@leased-jobs/backends';
import { LeasedJobs, LeasedJobsModule, Leases } from '@leased-jobs/nestjs';

// Starts an app that holds a lease on Redis, renewed by a worker or not, and prints its memory and how long its start took.
const server = await startRedis();
const renewal = process.argv[2] === 'worker' ? 'worker' : 'main';
const env = { ...process.env, REDIS_URL: server.url };

class AppModule {}
Module({
  imports: [LeasedJobsModule.forRoot({ backend: 'redis', namespace: 'bench', ttl: 1_500, renewal, env })],
})(AppModule);
const began = performance.now();
const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
const start = performance.now() - began;
const renewed = new EventTarget();
app.get(LeasedJobs).events.subscribe(({ type }) => renewed.dispatchEvent(new Event(type)));
const lease = await app.get(Leases).tryAcquire('held');
await once(renewed, 'renewed');
await sleep(2_000);
globalThis.gc?.();
const megabytes = process.memoryUsage.rss() / 1e6;
await lease?.release();
await app.close();
await server.stop();
process.stdout.write(JSON.stringify({ megabytes, start }));
