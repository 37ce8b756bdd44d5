import { setTimeout as sleep } from 'node:timers/promises';
import {
  Body,
  Controller,
  Injectable,
  Module,
  Param,
  Put,
  ServiceUnavailableException,
} from '@nestjs/common';
import { currentRun, Exclusive, LeasedJobsModule, LockHeldError } from '@leased-jobs/nestjs';

@Injectable()
export class Crm {
  private readonly api = process.env.CRM_API ?? 'https://crm.example.com';
  /** Milliseconds: at most five calls a second. */
  private readonly pause = Number(process.env.CRM_PAUSE ?? 200);

  @Exclusive({ lock: 'crm', whenHeld: 'wait', wait: 10_000 })
  async update(customer: string, fields: object): Promise<void> {
    const run = currentRun();
    run?.throwIfLost();
    try {
      const response = await fetch(`${this.api}/customers/${encodeURIComponent(customer)}`, {
        method: 'PUT', // Twice comes to the same.
        body: JSON.stringify(fields),
        signal: run?.signal,
      });
      if (!response.ok) throw new Error(`The CRM answered with ${response.status}.`);
    } finally {
      await sleep(this.pause); // Still under the lock: the next call of any instance comes after it.
    }
  }
}

@Controller('customers')
export class CustomersController {
  constructor(private readonly crm: Crm) {}

  @Put(':customer')
  async update(@Param('customer') customer: string, @Body() fields: object): Promise<void> {
    try {
      await this.crm.update(customer, fields);
    } catch (error) {
      if (error instanceof LockHeldError)
        throw new ServiceUnavailableException('The CRM is busy. Try again.');
      throw error;
    }
  }
}

@Module({ imports: [LeasedJobsModule.forRoot()], controllers: [CustomersController], providers: [Crm] })
export class CrmModule {}
