import { ManualClock } from '@leased-jobs/testing';
import { MemoryLeaseProvider, MemoryStore } from '@leased-jobs/core';
import { describe, expect, it } from '@jest/globals';
import {
  cron,
  ExclusiveInterval,
  interval,
  type JobDefinition,
  LeasedJobs,
  type LeasedJobsModuleOptions,
  Leases,
} from '@leased-jobs/nestjs';
import { firstValueFrom, toArray } from 'rxjs';
import { RecordingLogger, startApp, until } from './nest-app.js';

class Jobs {
  @ExclusiveInterval(60_000, { name: 'first', lock: 'shared' })
  first(): string {
    return 'done';
  }
  @ExclusiveInterval(60_000, { name: 'second', lock: 'shared' })
  second(): void {
    throw new Error('boom');
  }
  @ExclusiveInterval(60_000, 'other')
  other(): void {}
}

it('lists the jobs with what the store knows of them', async () => {
  const clock = new ManualClock();
  const provider = new MemoryLeaseProvider(new MemoryStore(clock));
  const app = await startApp({ providers: [Jobs], options: { backend: provider, clock } });
  const jobs = app.get(LeasedJobs);
  const ended: string[] = [];
  const unsubscribe = jobs.events.subscribe((event) => {
    if (event.type === 'released') ended.push(event.lock);
  });

  expect(await jobs.list()).toEqual(
    ['first', 'second', 'Jobs.other'].map((name) => ({
      name,
      lock: name === 'Jobs.other' ? 'other' : 'shared',
      locks: [name === 'Jobs.other' ? 'other' : 'shared'],
      record: name,
      schedule: 'every 60000 ms',
      enabled: true,
      running: false,
      next: expect.any(Date),
      holder: null,
      holders: [],
      paused: false,
      lastRun: null,
    })),
  );

  await clock.advance(120_000);
  await until(() => ended.length >= 3);
  await provider.setPaused('test/other', 'Jobs.other', true, new AbortController().signal);
  const lease = await app.get(Leases).tryAcquire('other');
  const [first, second, other] = await jobs.list();
  expect(first).toMatchObject({ holder: null, lastRun: { outcome: 'succeeded', instance: 'web-1' } });
  expect(second).toMatchObject({ holder: null, lastRun: { outcome: 'failed', error: 'boom' } });
  expect(other).toMatchObject({ holder: 'web-1', paused: true });

  unsubscribe();
  await lease?.release();
  await app.close();
});

it('reads each lock once, and passes on that the store cannot be asked', async () => {
  let reads = 0;
  class Reading extends MemoryLeaseProvider {
    failing = false;
    override async read(
      ...given: Parameters<MemoryLeaseProvider['read']>
    ): ReturnType<MemoryLeaseProvider['read']> {
      reads++;
      if (this.failing) throw new Error('connection refused');
      return super.read(...given);
    }
  }
  const provider = new Reading();
  const app = await startApp({ providers: [Jobs], options: { backend: provider } });
  await app.get(LeasedJobs).list();
  expect(reads).toBe(2);
  provider.failing = true;
  await expect(app.get(LeasedJobs).list()).rejects.toThrow('connection refused');
  await app.close();
});

describe('one job', () => {
  it('is told of with what the store knows of it', async () => {
    const app = await startApp({ providers: [Jobs] });
    const jobs = app.get(LeasedJobs);
    await using lease = await app.get(Leases).tryAcquire('other');
    expect(lease).not.toBeNull();
    expect(await jobs.get('Jobs.other')).toEqual((await jobs.list())[2]);
    expect(await jobs.get('Jobs.other')).toMatchObject({ holder: 'web-1' });
  });

  it('has to be known', async () => {
    const jobs = (await startApp({ providers: [Jobs] })).get(LeasedJobs);
    await expect(jobs.get('frist')).rejects.toThrow(
      'There is no job "frist". Choose among first, second, Jobs.other.',
    );
  });
});

describe('a job that several instances may run at once', () => {
  it('is told of with all who hold one of its locks, and its newest run', async () => {
    const jobs = (await startApp({})).get(LeasedJobs);
    const ended = new Promise<void>((resolve) => {
      jobs.add({ ...jobOf('many', () => ended), schedule: interval(3_600_000), concurrency: 2 });
      jobs.add({ ...jobOf('end', () => resolve()), schedule: interval(3_600_000) });
    });
    const run = jobs.runNow('many');
    await until(() => jobs.next('many', 1).length === 1);
    expect(await jobs.get('many')).toMatchObject({ holder: 'web-1', holders: ['web-1'], lastRun: null });
    await jobs.runNow('end');
    await run;
    expect(await jobs.get('many')).toMatchObject({ holders: [], lastRun: { outcome: 'succeeded' } });
  });
});

describe('an operator', () => {
  it('runs a job now, and is told how it ended', async () => {
    const jobs = (await startApp({ providers: [Jobs] })).get(LeasedJobs);
    expect(await jobs.runNow('first')).toMatchObject({ ran: true, report: { outcome: 'succeeded' } });
    expect(await jobs.runNow('second')).toMatchObject({ ran: true, report: { error: 'boom' } });
    await expect(jobs.runNow('third')).rejects.toThrow('There is no job "third".');
  });

  it('is told who holds the lock of a job that he wants to run', async () => {
    const app = await startApp({ providers: [Jobs] });
    const lease = await app.get(Leases).tryAcquire('shared');
    expect(await app.get(LeasedJobs).runNow('first')).toMatchObject({
      ran: false,
      refusal: { refused: 'held', holder: 'web-1' },
    });
    await lease?.release();
  });

  it('pauses one job of those that share a lock, and has it go on', async () => {
    const clock = new ManualClock();
    const jobs = (await startApp({ providers: [Jobs], options: onClock(clock) })).get(LeasedJobs);
    const ran: string[] = [];
    jobs.events.subscribe((event) => event.type === 'run-started' && ran.push(event.job));
    expect(await jobs.pause('first')).toBe(true);
    expect((await jobs.list()).map(({ paused }) => paused)).toEqual([true, false, false]);
    await clock.advance(180_000);
    expect(new Set(ran)).toEqual(new Set(['second', 'Jobs.other']));
    expect(await jobs.resume('first')).toBe(true);
    expect(await jobs.get('first')).toMatchObject({ paused: false });
    await clock.advance(180_000);
    expect(ran).toContain('first');
  });

  it('sees the next slots of a job', async () => {
    const clock = new ManualClock(Date.UTC(2030, 0, 1));
    const jobs = (await startApp({ options: onClock(clock) })).get(LeasedJobs);
    jobs.add({ ...jobOf('nightly', () => {}), schedule: cron('0 2 * * *', 'UTC') });
    expect(jobs.next('nightly', 2)).toEqual([new Date('2030-01-01T02:00Z'), new Date('2030-01-02T02:00Z')]);
  });
});

describe('a job at run time', () => {
  it('is attended once it has been added, with a cron expression too', async () => {
    const clock = new ManualClock();
    const jobs = (await startApp({ options: onClock(clock) })).get(LeasedJobs);
    const ran: string[] = [];
    jobs.add(jobOf('often', ({ job }) => ran.push(job)));
    jobs.add({ ...jobOf('hourly', ({ job }) => ran.push(job)), schedule: cron('0 * * * *') });
    await clock.advance(2_500);
    await until(() => ran.length > 0);
    expect(new Set(ran)).toEqual(new Set(['often']));
    await clock.advance(3_602_000);
    await until(() => ran.includes('hourly'));
    expect((await jobs.list()).map(({ name }) => name)).toEqual(['often', 'hourly']);
  });

  it('does not tick any more once it has been removed, also if a decorator has made it', async () => {
    const clock = new ManualClock();
    const jobs = (await startApp({ providers: [Jobs], options: onClock(clock) })).get(LeasedJobs);
    const ran: string[] = [];
    jobs.events.subscribe((event) => event.type === 'run-started' && ran.push(event.job));
    expect([jobs.remove('first'), jobs.remove('Jobs.other'), jobs.remove('first')]).toEqual([
      true,
      true,
      false,
    ]);
    await clock.advance(180_000);
    await until(() => ran.length > 0);
    expect(new Set(ran)).toEqual(new Set(['second']));
  });

  it('is refused with what is wrong with it', async () => {
    const jobs = (await startApp({ providers: [Jobs] })).get(LeasedJobs);
    expect(() => jobs.add(jobOf('first', () => {}))).toThrow('Two jobs are called "first".');
    expect(() => jobs.add({ ...jobOf('bad', () => {}), ttl: -1 })).toThrow('Job "bad": ');
  });
});

function onClock(clock: ManualClock): LeasedJobsModuleOptions {
  return { clock, backend: new MemoryLeaseProvider(new MemoryStore(clock)) };
}

function jobOf(name: string, handler: JobDefinition['handler']): JobDefinition {
  return { name, schedule: interval(1_000), handler };
}

describe('the observable of events', () => {
  it('tells what happens, and completes when the app has closed', async () => {
    const clock = new ManualClock();
    const app = await startApp({ providers: [Jobs], options: onClock(clock) });
    const { events$ } = app.get(LeasedJobs);
    const all = firstValueFrom(events$.pipe(toArray()));
    await clock.advance(120_000);
    await app.close();
    const types = (await all).map(({ type }) => type);
    expect(types.slice(0, 2)).toEqual(['acquired', 'run-started']);
    expect(types.at(-1)).toBe('drained');
    expect(await firstValueFrom(events$, { defaultValue: 'nothing' })).toBe('nothing');
  });

  it('has subscribers that may throw, which is logged', async () => {
    const logger = new RecordingLogger();
    const clock = new ManualClock();
    const app = await startApp({ providers: [Jobs], options: onClock(clock), logger });
    const seen: string[] = [];
    const { events$ } = app.get(LeasedJobs);
    events$.subscribe(() => {
      throw new Error('boom');
    });
    events$.subscribe(({ type }) => seen.push(type));
    await clock.advance(120_000);
    await until(() => seen.includes('released'));
    expect(logger.lines).toContain('error A subscriber of events$ threw: boom');
    expect(seen).not.toContain('subscriber-failed');
  });
});
