import { Controller, Get, Injectable, Param, SetMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Cron, Interval, ScheduleModule } from '@nestjs/schedule';
import { describe, expect, it } from '@jest/globals';
import { currentRun, Exclusive, ExclusiveInterval, LeasedJobs, Leases } from '@leased-jobs/nestjs';
import { appModule, closedAfterTest, startApp, until } from '../nest-app.js';

/** As `@OnEvent` and message handlers do: a note on the function, which is found through the instance. */
const Handles = (topic: string): MethodDecorator => SetMetadata('handles', topic);

/** As older decorators do. */
const Marked: MethodDecorator = (_target, _member, descriptor) => {
  Object.assign(descriptor.value as object, { marked: true });
};

describe('the metadata of a method', () => {
  @Injectable()
  class Handlers {
    @Exclusive('above')
    @Handles('orders.placed')
    @Marked
    async above(): Promise<string | undefined> {
      return currentRun()?.job;
    }
    @Handles('orders.paid')
    @Marked
    @Exclusive('below')
    async below(): Promise<string | undefined> {
      return currentRun()?.job;
    }
  }

  it.each([
    ['above', 'orders.placed'],
    ['below', 'orders.paid'],
  ] as const)('is found if @Exclusive stands %s', async (member, topic) => {
    const handlers = (await startApp({ providers: [Handlers] })).get(Handlers);
    const method = handlers[member];
    expect(Reflect.getMetadata('handles', method)).toBe(topic);
    expect([method.name, Reflect.get(method, 'marked')]).toEqual([member, true]);
    expect(await method.call(handlers)).toBe(`Handlers.${member}`);
  });
});

describe('with @nestjs/schedule', () => {
  @Injectable()
  class Ticking {
    readonly calls: (string | undefined)[] = [];
    @Cron('* * * * * *')
    @Exclusive('cron-below')
    async cronAbove(): Promise<void> {
      this.calls.push(currentRun()?.job);
    }
    @Exclusive('interval-below')
    @Interval(10)
    async intervalBelow(): Promise<void> {
      this.calls.push(currentRun()?.job);
    }
  }

  it('ticks are exclusive, in either order of decorators', async () => {
    const app = await startApp({ providers: [Ticking], imports: [ScheduleModule.forRoot()] });
    const { calls } = app.get(Ticking);
    await until(() => calls.includes('Ticking.cronAbove') && calls.includes('Ticking.intervalBelow'));
    const lease = await app.get(Leases).tryAcquire('interval-below');
    expect(lease).not.toBeNull();
    const { length } = calls.filter((name) => name === 'Ticking.intervalBelow');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(calls.filter((name) => name === 'Ticking.intervalBelow')).toHaveLength(length);
    await lease?.release();
    expect(calls).not.toContain(undefined);
  });
});

describe('a route', () => {
  @Controller('orders')
  class OrdersController {
    @Get(':id')
    @Exclusive((id: string) => `order:${id}`)
    async below(@Param('id') id: string): Promise<object> {
      return { id, job: currentRun()?.job };
    }
    @Exclusive('report', { whenHeld: 'throw' })
    @Get(':id/report')
    async above(@Param('id') id: string): Promise<object> {
      return { id, job: currentRun()?.job };
    }
  }

  it('is answered as ever, in either order of decorators', async () => {
    const app = closedAfterTest(
      await NestFactory.create(appModule({ controllers: [OrdersController] }), {
        logger: false,
        abortOnError: false,
      }),
    );
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    const answer = async (path: string): Promise<unknown> => {
      const response = await fetch(`${url}/orders/${path}`);
      return response.ok ? response.json() : response.status;
    };
    expect(await answer('7')).toEqual({ id: '7', job: 'OrdersController.below' });
    expect(await answer('7/report')).toEqual({ id: '7', job: 'OrdersController.above' });
    const lease = await app.get(Leases).tryAcquire('report');
    expect(await answer('7/report')).toBe(500);
    await lease?.release();
  });
});

describe('a job', () => {
  class Both {
    readonly runs: (string | undefined)[] = [];
    @Exclusive('inner')
    @ExclusiveInterval(3_600_000, 'outer')
    async above(): Promise<void> {
      this.runs.push(currentRun()?.job);
    }
    @ExclusiveInterval(3_600_000)
    @Exclusive({ whenHeld: 'throw' })
    async below(): Promise<void> {
      this.runs.push(currentRun()?.job);
    }
  }

  it('may be exclusive besides: it holds both locks, or the one that is the same', async () => {
    const app = await startApp({ providers: [Both] });
    const jobs = app.get(LeasedJobs);
    expect(await jobs.runNow('Both.above')).toMatchObject({ ran: true, report: { outcome: 'succeeded' } });
    expect(await jobs.runNow('Both.below')).toMatchObject({ ran: true, report: { outcome: 'succeeded' } });
    expect(app.get(Both).runs).toHaveLength(2);
    const lease = await app.get(Leases).tryAcquire('inner');
    await jobs.runNow('Both.above');
    expect(app.get(Both).runs).toHaveLength(2);
    await lease?.release();
  });
});
