import { Injectable, Module } from '@nestjs/common';
import { ExclusiveCron, type JobRun, LeasedJobsModule } from '@leased-jobs/nestjs';

@Injectable()
export class Newsletter {
  private readonly api = process.env.NEWSLETTER_API ?? 'https://newsletter.example.com';

  @ExclusiveCron('0 2 * * *', {
    lock: 'newsletter',
    timeZone: 'Europe/Berlin',
    missed: 'once',
    retry: { attempts: 3, delay: 10_000 },
  })
  async send(run: JobRun): Promise<void> {
    // Named after the slot, and not after the clock: what is made up for at noon is still last night's issue.
    const issue = (run.slot ?? new Date()).toISOString().slice(0, 10);
    const unsent = await this.call(`/issues/${issue}/unsent`, run.signal);
    for (const reader of (await unsent.json()) as string[]) {
      run.throwIfLost();
      await this.call('/mails', run.signal, {
        method: 'POST',
        // The mail service sends one mail for each key, however often it is asked.
        headers: { 'Idempotency-Key': `${issue}/${reader}` },
        body: JSON.stringify({ issue, reader }),
      });
    }
  }

  private async call(path: string, signal: AbortSignal, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(this.api + path, { ...init, signal });
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}.`);
    return response;
  }
}

@Module({ imports: [LeasedJobsModule.forRoot()], providers: [Newsletter] })
export class NewsletterModule {}
