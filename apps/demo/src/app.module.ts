import { Module } from '@nestjs/common';
import { DemoJobsModule } from '@leased-jobs/demo-jobs';
import { LeasedJobsModule } from '@leased-jobs/nestjs';
import { Health } from './status/health.js';
import { StatusController } from './status/status.controller.js';

@Module({
  imports: [LeasedJobsModule.forRoot(), DemoJobsModule],
  controllers: [StatusController],
  providers: [Health],
})
export class AppModule {}
