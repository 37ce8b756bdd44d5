// Run by check-packages in a folder where the packed packages are installed. Without decorators: no compiler there.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExclusiveInterval, LeasedJobsModule } from '@leased-jobs/nestjs';

class Jobs {
  tick(run) {
    console.log('ran under token', run.fencingToken);
    setImmediate(() => void app.close());
  }
}
ExclusiveInterval(200, 'tick')(
  Jobs.prototype,
  'tick',
  Object.getOwnPropertyDescriptor(Jobs.prototype, 'tick'),
);
class AppModule {}
Module({ imports: [LeasedJobsModule.forRoot({ backend: 'file' })], providers: [Jobs] })(AppModule);
const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
