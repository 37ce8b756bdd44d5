import { describe, expect, it } from '@jest/globals';
import { Exclusive, ExclusiveInterval, type ExclusiveOptions } from '@leased-jobs/nestjs';
import { RecordingLogger, startApp } from '../nest-app.js';

/** What a start fails with. */
async function startError(...providers: (new () => object)[]): Promise<string> {
  const failed: unknown = await startApp({ providers }).catch((error: unknown) => error);
  return failed instanceof Error ? failed.message : 'started';
}

const BAD: readonly (readonly [string, unknown, string])[] = [
  ['an empty lock', '', 'A lock cannot be called "".'],
  ['an empty lock among options', { lock: '' }, 'A lock cannot be called "".'],
  ['a lock that is no name', { lock: 7 }, 'A lock cannot be called 7.'],
  ['a lock that is too long', 'x'.repeat(252), 'The lock name "test/xxx'],
  ['something else for options', 7, 'it was given 7. Choose the lock'],
  [
    'an unknown option',
    { whenheld: 'wait' },
    'it knows no option "whenheld". Choose among lock, whenHeld, wait, ttl, name.',
  ],
  ['an unknown whenHeld', { whenHeld: 'queue' }, 'whenHeld is "queue". Choose "skip", "wait" or "throw".'],
  ['a negative wait', { wait: -1 }, 'wait is -1. Choose a number of milliseconds from 0 on.'],
  [
    'a wait for which it does not wait',
    { wait: 5, whenHeld: 'throw' },
    'wait is 5, and whenHeld is "throw".',
  ],
  ['a ttl that cannot be kept', { ttl: 1 }, '@Exclusive of Orders.settle: '],
  ['an empty name', { name: '' }, 'name is "". Choose a name, or leave it out.'],
];

describe('an app does not start with', () => {
  it.each(BAD)('%s', async (_, options, message) => {
    class Orders {
      @Exclusive(options as ExclusiveOptions)
      async settle(): Promise<void> {}
    }
    const error = await startError(Orders);
    expect(error).toContain('@Exclusive of Orders.settle: ');
    expect(error).toContain(message);
  });

  it('a bad option on what a factory makes, or a base class has', async () => {
    class Base {
      @Exclusive('')
      async settle(): Promise<void> {}
    }
    class Orders extends Base {}
    expect(await startError(Orders)).toContain('@Exclusive of Orders.settle: A lock cannot be called "".');
    const factory = { provide: 'made', useFactory: () => new Orders() };
    await expect(startApp({ providers: [factory] })).rejects.toThrow('@Exclusive of Orders.settle');
  });

  it('a lock that it shares with a job which several instances may run at once', async () => {
    class Crm {
      @ExclusiveInterval(60_000, { lock: 'crm', concurrency: 2 })
      sync(): void {}
      @Exclusive('crm')
      async update(): Promise<void> {}
      @Exclusive('crm#2')
      async remove(): Promise<void> {}
      @Exclusive('crm#3')
      async read(): Promise<void> {}
    }
    const error = await startError(Crm);
    expect(error).toContain(
      '@Exclusive of Crm.update and the job "Crm.sync" share the lock "crm", and several',
    );
    expect(error).toContain(
      '@Exclusive of Crm.remove and the job "Crm.sync" share the lock "crm#2", and several',
    );
    expect(error).not.toContain('Crm.read');
  });

  it('a decorated getter, static method, property or class', async () => {
    const decorate = Exclusive('x') as unknown as MethodDecorator & PropertyDecorator & ClassDecorator;
    class Getter {
      @decorate
      get total(): number {
        return 1;
      }
    }
    class Static {
      @decorate
      static async total(): Promise<void> {}
    }
    class Property {
      @decorate
      readonly total = async (): Promise<void> => {};
    }
    @decorate
    class Decorated {}
    const PUT = '@Exclusive was put on';
    const WHERE = 'Put it on a method of an instance.';
    expect(await startError(Getter)).toBe(`${PUT} Getter.total, which is a getter or setter. ${WHERE}`);
    expect(await startError(Static)).toBe(`${PUT} Static.total, which is a static member. ${WHERE}`);
    expect(await startError(Property)).toBe(`${PUT} Property.total, which is a property. ${WHERE}`);
    expect(await startError(Decorated)).toBe(`${PUT} Decorated, which is a class. ${WHERE}`);
    await expect(Static.total()).rejects.toThrow(`${PUT} Static.total, which is a static member.`);
  });

  it('two methods of one name that would exclude each other', async () => {
    const orders = (): new () => object => {
      class Orders {
        @Exclusive()
        async settle(): Promise<void> {}
      }
      return Orders;
    };
    expect(await startError(orders(), orders())).toContain(
      'Two exclusive methods are called Orders.settle, and would exclude each other.',
    );
  });

  it('a method without a name, unless its lock has one', async () => {
    const method = Symbol();
    class Nameless {
      @Exclusive()
      async [method](): Promise<void> {}
    }
    class Named {
      @Exclusive('settle')
      async [method](): Promise<void> {}
    }
    expect(await startError(Nameless)).toContain('the class or the symbol has no name');
    expect(await startError(Named)).toBe('started');
  });
});

it('tells of all that is wrong at once', async () => {
  class Orders {
    @Exclusive('', { whenHeld: 'throw' })
    async one(): Promise<void> {}
    @Exclusive('two', { wait: NaN })
    async two(): Promise<void> {}
  }
  expect(await startError(Orders)).toMatch(/^2 things have to be set right[^]*Orders\.one[^]*Orders\.two/);
});

it('tells at the call what no start has told', async () => {
  class Unknown {
    @Exclusive('')
    async work(): Promise<void> {}
  }
  await expect(new Unknown().work()).rejects.toThrow(
    '@Exclusive of Unknown.work: A lock cannot be called "".',
  );
});

it('warns of locks that change when a class is renamed', async () => {
  class Orders {
    @Exclusive()
    async one(): Promise<void> {}
    @Exclusive({ whenHeld: 'throw' })
    async two(): Promise<void> {}
    @Exclusive({ name: 'three' })
    async three(): Promise<void> {}
  }
  const logger = new RecordingLogger();
  await startApp({ providers: [Orders], logger });
  const lines = logger.lines.filter((line) => line.includes('exclusive method'));
  expect(lines).toEqual([
    expect.stringContaining('warn Orders.one and 1 more: the lock of the exclusive method'),
  ]);
});
