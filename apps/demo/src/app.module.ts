import { Module } from '@nestjs/common';
import { LeasedJobsModule } from '@leased-jobs/nestjs';
import { Cleanup } from './jobs/cleanup.js';
import { ExchangeRates } from './jobs/exchange-rates.js';
import { Newsletter } from './jobs/newsletter.js';
import { Health } from './status/health.js';
import { StatusController } from './status/status.controller.js';

@Module({
  imports: [LeasedJobsModule.forRoot()],
  controllers: [StatusController],
  providers: [Newsletter, ExchangeRates, Cleanup, Health],
})
export class AppModule {}
