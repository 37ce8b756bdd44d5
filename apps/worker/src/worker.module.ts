import { Module } from '@nestjs/common';
import { DemoJobsModule } from '@leased-jobs/demo-jobs';
import { LeasedJobsModule } from '@leased-jobs/nestjs';

@Module({ imports: [LeasedJobsModule.forRoot(), DemoJobsModule] })
export class WorkerModule {}
