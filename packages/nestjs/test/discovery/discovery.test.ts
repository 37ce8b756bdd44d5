// oxlint-disable typescript/no-extraneous-class -- a Nest module often is an empty class
import {
  type CanActivate,
  Controller,
  Get,
  Inject,
  Injectable,
  type INestApplicationContext,
  type MiddlewareConsumer,
  Module,
  Scope,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { NestFactory, REQUEST } from '@nestjs/core';
import { afterEach, describe, expect, it } from '@jest/globals';
import { currentRun, ExclusiveInterval, type JobRun, LeasedJobs } from '@leased-jobs/nestjs';
import { appModule, type AppParts, startApp, until } from '../nest-app.js';

const HOUR = 3_600_000;
let app: INestApplicationContext | undefined;

afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function jobsOf(parts: AppParts): Promise<readonly string[]> {
  app = await startApp(parts);
  return (await app.get(LeasedJobs).list()).map(({ name, lock }) => `${name} on ${lock}`).toSorted();
}

describe('a decorated method is found', () => {
  it('on a provider, named by class and method, and called with its own `this` and a run', async () => {
    @Injectable()
    class Newsletter {
      readonly seen: unknown[] = [];
      @ExclusiveInterval(10)
      send(run: JobRun): void {
        this.seen.push(run.job, run.fencingToken, currentRun() === run);
      }
    }
    expect(await jobsOf({ providers: [Newsletter] })).toEqual(['Newsletter.send on Newsletter.send']);
    const { seen } = app?.get(Newsletter) ?? { seen: [] };
    await until(() => seen.length > 0);
    expect(seen.slice(0, 3)).toEqual(['Newsletter.send', 1, true]);
  });

  it('on a controller', async () => {
    @Controller()
    class Pages {
      @Get()
      @ExclusiveInterval(HOUR, 'pages')
      refresh(): void {}
    }
    expect(await jobsOf({ controllers: [Pages] })).toEqual(['Pages.refresh on pages']);
  });

  it('on a guard that no module provides', async () => {
    class Guard implements CanActivate {
      canActivate = (): boolean => true;
      @ExclusiveInterval(HOUR, 'guard')
      refresh(): void {}
    }
    @Controller()
    @UseGuards(Guard)
    class Pages {
      @Get()
      page(): void {}
    }
    expect(await jobsOf({ controllers: [Pages] })).toEqual(['Guard.refresh on guard']);
  });

  it('on a middleware, unless that is made anew for each request', async () => {
    @Injectable()
    class Counter {
      @ExclusiveInterval(HOUR, 'counter')
      flush(): void {}
      use(_request: unknown, _response: unknown, next: () => void): void {
        next();
      }
    }
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest extends Counter {}
    const withMiddleware = async (middleware: Type): Promise<readonly string[]> => {
      @Module({})
      class Feature {
        configure(consumer: MiddlewareConsumer): void {
          consumer.apply(middleware).forRoutes('*path');
        }
      }
      const http = await NestFactory.create(appModule({ imports: [Feature] }), {
        logger: false,
        abortOnError: false,
      });
      app = http;
      await http.init();
      return (await http.get(LeasedJobs).list()).map(({ name }) => name);
    };
    expect(await withMiddleware(Counter)).toEqual(['Counter.flush']);
    await app?.close();
    await expect(withMiddleware(PerRequest)).rejects.toThrow('PerRequest is a middleware that is made anew');
    // Nest 11 cannot close what could not be initialised.
    app = undefined;
  });

  it('on what a factory makes, and on a value', async () => {
    class Made {
      @ExclusiveInterval(HOUR)
      run(): void {}
    }
    class Value {
      @ExclusiveInterval(HOUR)
      run(): void {}
    }
    const providers = [
      { provide: 'made', useFactory: async () => new Made() },
      { provide: 'value', useValue: new Value() },
    ];
    expect(await jobsOf({ providers })).toEqual(['Made.run on Made.run', 'Value.run on Value.run']);
  });

  it('once, if its instance is known under several tokens', async () => {
    @Injectable()
    class Shared {
      @ExclusiveInterval(HOUR)
      run(): void {}
    }
    const alias = { provide: 'alias', useExisting: Shared };
    const factory = { provide: 'same', useFactory: (shared: Shared) => shared, inject: [Shared] };
    expect(await jobsOf({ providers: [Shared, alias, factory] })).toEqual(['Shared.run on Shared.run']);
  });

  it('under a symbol, by its description', async () => {
    const send = Symbol('send');
    class Symbols {
      @ExclusiveInterval(HOUR)
      [send](): void {}
    }
    expect(await jobsOf({ providers: [Symbols] })).toEqual(['Symbols.send on Symbols.send']);
  });

  it('with all the others of its class, and twice if it is decorated twice', async () => {
    class Many {
      @ExclusiveInterval(HOUR, 'one')
      one(): void {}
      @ExclusiveInterval(HOUR, { name: 'often', lock: 'two' })
      @ExclusiveInterval(2 * HOUR, { name: 'seldom', lock: 'two' })
      two(): void {}
    }
    expect(await jobsOf({ providers: [Many] })).toEqual(['Many.one on one', 'often on two', 'seldom on two']);
  });

  it('in a module deep in the import graph', async () => {
    class Deep {
      @ExclusiveInterval(HOUR)
      run(): void {}
    }
    @Module({ providers: [Deep] })
    class Bottom {}
    @Module({ imports: [Bottom] })
    class Middle {}
    expect(await jobsOf({ imports: [Middle] })).toEqual(['Deep.run on Deep.run']);
  });

  it('if its class has been put in the place of another', async () => {
    class Real {
      @ExclusiveInterval(HOUR)
      run(): void {}
    }
    class Fake {
      @ExclusiveInterval(HOUR)
      pretend(): void {}
    }
    expect(await jobsOf({ providers: [{ provide: Real, useClass: Fake }] })).toEqual([
      'Fake.pretend on Fake.pretend',
    ]);
  });
});

describe('another decorator on the same method', () => {
  /** Replaces the function, and so loses what others have noted on it. */
  function Wrapped(): MethodDecorator {
    return (_target, _member, descriptor) => {
      const inner = descriptor.value as unknown as (this: unknown, ...given: unknown[]) => unknown;
      descriptor.value = function (this: { wrapped: number }, ...given: unknown[]) {
        this.wrapped++;
        return inner.apply(this, given);
      } as never;
    };
  }

  class Both {
    wrapped = 0;
    readonly ran = new Set<string>();
    @Wrapped()
    @ExclusiveInterval(10, 'above')
    above(): void {
      this.ran.add('above');
    }
    @ExclusiveInterval(10, 'below')
    @Wrapped()
    below(): void {
      this.ran.add('below');
    }
  }

  it('may stand above or below: the method is found, and called through the other decorator', async () => {
    await jobsOf({ providers: [Both] });
    const both = app?.get(Both) as Both;
    await until(() => both.ran.size === 2);
    expect(both.wrapped).toBeGreaterThanOrEqual(2);
  });
});

describe('a base class', () => {
  class Base {
    @ExclusiveInterval(HOUR)
    send(): void {}
    @ExclusiveInterval(HOUR, 'cleaning')
    clean(): void {}
  }

  it('gives its jobs to each subclass, under the name of the subclass', async () => {
    class Left extends Base {}
    class Right extends Left {}
    expect(await jobsOf({ providers: [Left, Right] })).toEqual([
      'Left.clean on cleaning',
      'Left.send on Left.send',
      'Right.clean on cleaning',
      'Right.send on Right.send',
    ]);
  });

  it('yields to the decorator of an override', async () => {
    class Derived extends Base {
      @ExclusiveInterval(HOUR, 'mine')
      override send(): void {}
    }
    expect(await jobsOf({ providers: [Derived] })).toEqual([
      'Derived.clean on cleaning',
      'Derived.send on mine',
    ]);
  });

  it('refuses an override without a decorator, which could mean either', async () => {
    class Derived extends Base {
      override send(): void {}
    }
    await expect(jobsOf({ providers: [Derived] })).rejects.toThrow(
      'Derived.send overrides Base.send, which has an @ExclusiveInterval, and has none itself.',
    );
  });
});

describe('a provider that is made anew for each request', () => {
  @Injectable({ scope: Scope.REQUEST })
  class Connection {
    static made = 0;
    readonly id = ++Connection.made;
  }
  const runs: { id: number; connection: number; request: unknown; run: JobRun }[] = [];

  @Injectable()
  class Scoped {
    static made = 0;
    readonly id = ++Scoped.made;
    constructor(
      @Inject(Connection) readonly connection: Connection,
      @Inject(REQUEST) readonly request: unknown,
    ) {}
    @ExclusiveInterval(10, 'scoped')
    work(run: JobRun): void {
      runs.push({ id: this.id, connection: this.connection.id, request: this.request, run });
    }
  }

  it('is made anew for each run, in a context of its own whose request is the run', async () => {
    await jobsOf({ providers: [Connection, Scoped] });
    await until(() => runs.length >= 2);
    const [first, second] = runs;
    expect(first?.id).not.toBe(second?.id);
    expect(first?.connection).not.toBe(second?.connection);
    expect(first?.request).toBe(first?.run);
  });

  it('may be a controller', async () => {
    let ids: number[] = [];
    @Controller()
    class ScopedPages {
      constructor(@Inject(Connection) readonly connection: Connection) {}
      @ExclusiveInterval(10, 'pages')
      work(): void {
        ids = [...ids, this.connection.id];
      }
    }
    const http = await NestFactory.create(
      appModule({ controllers: [ScopedPages], providers: [Connection] }),
      {
        logger: false,
        abortOnError: false,
      },
    );
    app = http;
    await http.init();
    await until(() => ids.length >= 2);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('may be transient', async () => {
    const ids = new Set<number>();
    @Injectable({ scope: Scope.TRANSIENT })
    class Transient {
      static made = 0;
      readonly id = ++Transient.made;
      @ExclusiveInterval(10, 'transient')
      work(): void {
        ids.add(this.id);
      }
    }
    await jobsOf({ providers: [Transient] });
    await until(() => ids.size >= 2);
    expect(Transient.made).toBeGreaterThanOrEqual(2);
  });
});
