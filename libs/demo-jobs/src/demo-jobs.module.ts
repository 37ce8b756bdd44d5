import { Module } from '@nestjs/common';
import { Cleanup } from './cleanup.js';
import { ExchangeRates } from './exchange-rates.js';
import { Newsletter } from './newsletter.js';

/** The jobs of the apps in this repository. Which app an instance runs makes no difference to them. */
@Module({ providers: [Newsletter, ExchangeRates, Cleanup] })
export class DemoJobsModule {}
