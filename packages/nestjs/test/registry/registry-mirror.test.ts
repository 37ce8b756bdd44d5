import { Injectable } from '@nestjs/common';
import { Cron, Interval, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import type { INestApplicationContext } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { MemoryLeaseProvider, MemoryStore } from '@leased-jobs/core';
import { cron, ExclusiveCron, ExclusiveInterval, interval, LeasedJobs } from '@leased-jobs/nestjs';
import { ManualClock } from '@leased-jobs/testing';
import { RecordingLogger, startApp, until } from '../nest-app.js';

@Injectable()
class Jobs {
  runs: string[] = [];
  @ExclusiveCron('0 2 * * *', { name: 'nightly', lock: 'nightly', timeZone: 'Europe/Berlin' })
  nightly(): void {
    this.runs.push('nightly');
  }
  @ExclusiveCron('*/5 * * * *', { name: 'disabled', lock: 'disabled', enabled: false })
  disabled(): void {}
  @ExclusiveInterval(600_000, { name: 'often', lock: 'often' })
  often(): void {
    this.runs.push('often');
  }
  @ExclusiveInterval(600_000, { name: 'delayed', lock: 'delayed', mode: 'fixed-delay' })
  delayed(): void {}
}

interface Started {
  readonly app: INestApplicationContext;
  readonly clock: ManualClock;
  readonly registry: SchedulerRegistry;
  readonly jobs: LeasedJobs;
  readonly runs: string[];
  readonly logger: RecordingLogger;
}

async function start(...others: (new () => object)[]): Promise<Started> {
  const clock = new ManualClock(Date.UTC(2030, 0, 1));
  const logger = new RecordingLogger();
  const app = await startApp({
    providers: [Jobs, ...others],
    imports: [ScheduleModule.forRoot()],
    options: { clock, backend: new MemoryLeaseProvider(new MemoryStore(clock)) },
    logger,
  });
  const { runs } = app.get(Jobs);
  return { app, clock, logger, registry: app.get(SchedulerRegistry), jobs: app.get(LeasedJobs), runs };
}

describe('the SchedulerRegistry', () => {
  it('shows the jobs: those with an expression as cron jobs, others as intervals', async () => {
    const { registry } = await start();
    expect([...registry.getCronJobs().keys()]).toEqual(['nightly', 'disabled']);
    expect(registry.getIntervals()).toEqual(['often', 'delayed']);
  });

  it('tells of a cron job what people read of one', async () => {
    const { registry, clock, jobs } = await start();
    const job = registry.getCronJob('nightly');
    expect(job).toMatchObject({ name: 'nightly', isActive: true, running: true, isCallbackRunning: false });
    expect(job.cronTime).toMatchObject({ source: '0 2 * * *', timeZone: 'Europe/Berlin' });
    const next = job.nextDate();
    expect(next.toISO()).toBe('2030-01-01T01:00:00.000Z');
    expect(next.toJSDate()).toEqual(new Date('2030-01-01T01:00Z'));
    expect(next.toMillis()).toBe(Date.UTC(2030, 0, 1, 1));
    expect(job.nextDates(2).map(String)).toEqual(jobs.next('nightly', 2).map(String));
    expect(job.cronTime.getTimeout()).toBe(3_600_000);
    expect(job.lastDate()).toBeNull();
    await clock.advance(3_603_000);
    expect(Number(job.lastDate())).toBeGreaterThanOrEqual(Date.UTC(2030, 0, 1, 1));
    expect(registry.getCronJob('disabled').isActive).toBe(false);
  });

  it('shows what is added at run time, and not any more what is removed', async () => {
    const { registry, jobs } = await start();
    const handler = (): void => {};
    jobs.add({ name: 'hourly', schedule: cron('0 * * * *'), handler });
    jobs.add({ name: 'minutely', schedule: interval(60_000), handler });
    expect(registry.getCronJob('hourly').cronTime.source).toBe('0 * * * *');
    expect(registry.getIntervals()).toContain('minutely');
    jobs.remove('hourly');
    jobs.remove('minutely');
    jobs.remove('nightly');
    expect([...registry.getCronJobs().keys()]).toEqual(['disabled']);
    expect(registry.getIntervals()).toEqual(['often', 'delayed']);
    expect((await jobs.list()).map(({ name }) => name)).toEqual(['disabled', 'often', 'delayed']);
  });

  it('keeps what it has under the name of a job, which is then a warning', async () => {
    @Injectable()
    class Others {
      @Cron('0 3 * * *', { name: 'nightly' })
      nightly(): void {}
      @Interval('often', 3_600_000)
      often(): void {}
    }
    const { registry, logger, jobs, runs, clock } = await start(Others);
    expect(registry.getCronJob('nightly').cronTime.source).toBe('0 3 * * *');
    expect(logger.lines.filter((line) => line.includes('SchedulerRegistry:'))).toEqual([
      'warn nightly is not visible in the SchedulerRegistry: it has one of that name already',
      'warn often is not visible in the SchedulerRegistry: it has one of that name already',
    ]);
    registry.deleteCronJob('nightly');
    registry.deleteInterval('often');
    expect(await jobs.get('nightly')).toMatchObject({ enabled: true });
    await clock.advance(1_200_000);
    expect(runs).toContain('often');
    jobs.remove('often');
  });
});

describe('who stops a job there', () => {
  it('stops it on this instance, until it is started again', async () => {
    const { registry, clock, runs, jobs } = await start();
    const job = registry.getCronJob('nightly');
    void job.stop();
    expect(job.isActive).toBe(false);
    expect(await jobs.get('nightly')).toMatchObject({ enabled: false, next: null, paused: false });
    await clock.advance(25 * 3_600_000);
    expect(runs).not.toContain('nightly');
    job.start();
    job.start();
    expect(job.isActive).toBe(true);
    await clock.advance(25 * 3_600_000);
    expect(runs).toContain('nightly');
  });

  it('starts one that is disabled', async () => {
    const { registry, jobs } = await start();
    registry.getCronJob('disabled').start();
    expect(await jobs.get('disabled')).toMatchObject({ enabled: true });
  });

  it('removes it here if he deletes it', async () => {
    const { registry, clock, runs, jobs } = await start();
    const job = registry.getCronJob('nightly');
    registry.deleteCronJob('nightly');
    registry.deleteInterval('often');
    runs.length = 0;
    await clock.advance(25 * 3_600_000);
    expect(runs).toEqual([]);
    expect((await jobs.list()).map(({ name }) => name)).toEqual(['disabled', 'delayed']);
    job.start();
    expect(jobs.remove('nightly')).toBe(false);
    jobs.add({ name: 'nightly', schedule: cron('0 4 * * *'), handler: () => {} });
    expect(registry.getCronJob('nightly').cronTime.source).toBe('0 4 * * *');
  });

  it('runs it now by fireOnTick, and cannot change what it is', async () => {
    const { registry, runs } = await start();
    const job = registry.getCronJob('nightly');
    await job.fireOnTick();
    expect(runs).toContain('nightly');
    expect(() => job.setTime({} as never)).toThrow(
      '"nightly" is a leased job, and cannot be given another time.',
    );
    expect(() => job.addCallback(() => {})).toThrow('Listen to LeasedJobs.events.');
  });
});

describe('the end of the registry', () => {
  it('harms no run, whether it comes before the drain or after it', async () => {
    const journal: string[] = [];
    @Injectable()
    class Long {
      @ExclusiveInterval(3_600_000, { name: 'long', lock: 'long' })
      async work(): Promise<void> {
        journal.push('begun');
        await new Promise((resolve) => setTimeout(resolve, 30));
        journal.push('ended');
      }
    }
    const { app, registry, jobs } = await start(Long);
    const run = jobs.runNow('long');
    await until(() => journal.length === 1);
    for (const name of registry.getIntervals()) registry.deleteInterval(name);
    for (const name of registry.getCronJobs().keys()) registry.deleteCronJob(name);
    await app.close();
    journal.push('closed');
    expect(await run).toMatchObject({ ran: true, report: { outcome: 'succeeded' } });
    expect(journal).toEqual(['begun', 'ended', 'closed']);
  });

  it('leaves the registry as it was, and its views without effect', async () => {
    const { app, registry } = await start();
    const job = registry.getCronJob('nightly');
    await app.close();
    expect([...registry.getCronJobs().keys()]).toEqual([]);
    expect(registry.getIntervals()).toEqual([]);
    job.start();
    expect(job.isActive).toBe(false);
    registry.addInterval(
      'other',
      setInterval(() => {}, 1_000),
    );
    registry.deleteInterval('other');
    expect(registry.getIntervals()).toEqual([]);
  });
});
