// An app that has something to do at its start, and enables its shutdown hooks after that, as there is no other way. What
// happens goes to a file that it shares with the other instances, so that it is in one order.
import 'reflect-metadata';
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExclusiveOnBootstrap, LeasedJobsModule } from '@leased-jobs/nestjs';

const { STORY = '', LEASED_JOBS_INSTANCE: instance, HANDLER = 'quick' } = process.env;

class Migrations {
  onModuleInit() {
    tell('asks');
  }

  async migrate({ signal }) {
    tell('begins');
    if (HANDLER === 'deaf') await sleep(60_000);
    if (HANDLER === 'heeds') {
      await sleep(60_000, undefined, { signal }).catch(() => tell(`is told: ${signal.reason.name}`));
      await sleep(1_500);
    }
    tell('ends');
    signal.throwIfAborted();
  }
}
const decorate = ExclusiveOnBootstrap('migrations');
decorate(Migrations.prototype, 'migrate', Object.getOwnPropertyDescriptor(Migrations.prototype, 'migrate'));

class AppModule {}
Module({ imports: [LeasedJobsModule.forRoot()], providers: [Migrations] })(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
tell('has started');
await app.close();

function tell(what) {
  appendFileSync(STORY, `${instance} ${what}\n`);
}
