import { Inject, Injectable, Module, Scope } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { MemoryLeaseProvider } from '@leased-jobs/core';
import { currentRun, Exclusive, LeasedJobs, LeasedJobsModule, Leases } from '@leased-jobs/nestjs';
import { ENV, startApp } from '../nest-app.js';

async function jobNow(): Promise<string | undefined> {
  return currentRun()?.job;
}

describe('what Nest makes', () => {
  it.each([Scope.DEFAULT, Scope.REQUEST, Scope.TRANSIENT])('has its sections in scope %s', async (scope) => {
    class Dependency {}
    @Injectable({ scope })
    class Scoped {
      constructor(@Inject(Dependency) readonly dependency: Dependency) {}
      @Exclusive('scoped')
      async work(): Promise<unknown> {
        return [this.dependency, await jobNow()];
      }
    }
    const app = await startApp({ providers: [Scoped, Dependency] });
    const [one, other] = [await app.resolve(Scoped), await app.resolve(Scoped)];
    expect(one === other).toBe(scope === Scope.DEFAULT);
    for (const each of [one, other]) {
      expect(await each.work()).toEqual([expect.any(Dependency), 'Scoped.work']);
    }
  });

  it('has them if a testing module or a ModuleRef made it', async () => {
    class Made {
      @Exclusive('made')
      work(): Promise<string | undefined> {
        return jobNow();
      }
    }
    const jobs = LeasedJobsModule.forRoot({ backend: new MemoryLeaseProvider(), env: ENV });
    const testing = await Test.createTestingModule({ imports: [jobs], providers: [Made] }).compile();
    expect(await testing.get(Made).work()).toBe('Made.work');
    expect(await (await testing.get(ModuleRef).create(Made)).work()).toBe('Made.work');
    await testing.close();
  });
});

describe('what Nest did not make', () => {
  class Service {
    readonly name = 'service';
    @Exclusive('service')
    async work(): Promise<unknown> {
      return [this.name, await jobNow()];
    }
  }

  it("has them if a module provides it: a value, a factory's result, under an alias", async () => {
    const app = await startApp({
      providers: [
        { provide: 'value', useValue: new Service() },
        { provide: 'frozen', useValue: Object.freeze(new Service()) },
        { provide: 'made', useFactory: async () => new Service() },
        { provide: 'alias', useExisting: 'made' },
      ],
    });
    for (const token of ['value', 'frozen', 'made', 'alias']) {
      expect(await app.get<Service>(token).work()).toEqual(['service', 'Service.work']);
    }
  });

  it('may be of no class at all', async () => {
    const providers = [{ provide: 'bare', useValue: Object.create(Object.create(null) as object) as object }];
    expect((await startApp({ providers })).get('bare')).toEqual({});
  });

  it('has them behind a proxy', async () => {
    const app = await startApp({ providers: [Service] });
    expect(await new Proxy(app.get(Service), {}).work()).toEqual(['service', 'Service.work']);
  });

  it('has none otherwise, and its call says so', async () => {
    await startApp({ providers: [Service] });
    const call = new Service().work();
    await expect(call).rejects.toThrow('Service.work is @Exclusive, and was called on something that no app');
    await expect(call).rejects.toMatchObject({ code: 'LEASED_JOBS_CONFIGURATION' });
    const unbound: unknown = Reflect.get(new Service(), 'work');
    await expect((unbound as () => Promise<void>)()).rejects.toThrow('let Nest make the instance');
  });

  it('has none without the module', async () => {
    const testing = await Test.createTestingModule({ providers: [Service] }).compile();
    await expect(testing.get(Service).work()).rejects.toThrow(
      'Import LeasedJobsModule.forRoot() in the root module',
    );
  });
});

describe('a subclass', () => {
  class Base {
    @Exclusive()
    async work(): Promise<unknown> {
      return jobNow();
    }
    @Exclusive('shared')
    async shared(): Promise<unknown> {
      return jobNow();
    }
  }
  class Inheriting extends Base {}
  class Calling extends Base {
    override async work(): Promise<unknown> {
      return [await jobNow(), await super.work()];
    }
    @Exclusive('shared', { whenHeld: 'throw' })
    override async shared(): Promise<unknown> {
      return [await jobNow(), await super.shared()];
    }
  }

  it('inherits exclusive methods, with locks of its own unless they are named', async () => {
    const app = await startApp({ providers: [Base, Inheriting] });
    const inheriting = app.get(Inheriting);
    expect(await inheriting.work()).toBe('Inheriting.work');
    await inheriting.shared();
    const leases = app.get(Leases);
    expect(await leases.read('Inheriting.work')).not.toBeNull();
    expect(await leases.read('Base.work')).toBeNull();
    expect(await leases.read('shared')).not.toBeNull();
  });

  it('may call the method that it overrides, and is exclusive itself only if it is decorated', async () => {
    const calling = (await startApp({ providers: [Calling] })).get(Calling);
    expect(await calling.work()).toEqual([undefined, 'Calling.work']);
    expect(await calling.shared()).toEqual(['Calling.shared', 'Calling.shared']);
  });
});

it("is another one's in each app of a process", async () => {
  class Service {
    @Exclusive('service')
    async work(work: () => Promise<unknown>): Promise<unknown> {
      return work();
    }
  }
  const apps = [await startApp({ providers: [Service] }), await startApp({ providers: [Service] })];
  const [one, other] = apps.map((app) => app.get(Service));
  const events = apps.map((app) => {
    const seen: string[] = [];
    app.get(LeasedJobs).events.subscribe(({ type }) => seen.push(type));
    return seen;
  });
  expect(await one?.work(async () => other?.work(async () => 'both'))).toBe('both');
  expect(events).toEqual([
    ['acquired', 'released'],
    ['acquired', 'released'],
  ]);
  await apps[0]?.close();
  await expect(one?.work(async () => 'late')).rejects.toThrow('the app has been closed');
  expect(await other?.work(async () => 'alive')).toBe('alive');
});

it('may be on what the settings of the jobs are made from', async () => {
  @Injectable()
  class Config {
    readonly namespace = 'configured';
    @Exclusive('reload')
    async reload(): Promise<unknown> {
      return jobNow();
    }
  }
  @Module({ providers: [Config], exports: [Config] })
  class ConfigModule {}
  const jobs = LeasedJobsModule.forRootAsync({
    imports: [ConfigModule],
    inject: [Config],
    useFactory: ({ namespace }: Config) => ({ backend: new MemoryLeaseProvider(), namespace, env: {} }),
  });
  const testing = await Test.createTestingModule({ imports: [jobs, ConfigModule] }).compile();
  expect(await testing.get(Config).reload()).toBe('Config.reload');
  await testing.close();
});
