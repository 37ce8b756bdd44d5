import { describe, expect, it } from '@jest/globals';
import { currentRun, LeasesClosedError, LockHeldError, ShutdownError } from '@leased-jobs/core';
import { Exclusive, interval, LeasedJobs, Leases } from '@leased-jobs/nestjs';
import { startApp, until } from '../nest-app.js';

class Orders {
  readonly prefix = 'order';
  inside = 0;
  most = 0;

  @Exclusive('plain')
  async plain(one: string, ...others: string[]): Promise<string> {
    return [this.prefix, one, ...others].join(' ');
  }

  @Exclusive('failing')
  async failing(): Promise<void> {
    throw new RangeError('out of stock');
  }

  @Exclusive()
  async named(): Promise<readonly unknown[]> {
    const run = currentRun();
    return [run?.job, run?.slot, typeof run?.fencingToken, run?.signal.aborted];
  }

  @Exclusive('busy')
  async skipping(): Promise<string> {
    return 'done';
  }

  @Exclusive('busy', { whenHeld: 'throw' })
  async throwing(): Promise<string> {
    return 'done';
  }

  @Exclusive({ lock: 'busy', wait: 40 })
  async waiting(): Promise<string> {
    return 'done';
  }

  @Exclusive((id: string) => `order:${id}`, { whenHeld: 'throw' })
  async settle(_id: string, work: () => Promise<void>): Promise<void> {
    await work();
  }

  @Exclusive({ lock: () => 'count', wait: 2_000 })
  async count(): Promise<void> {
    this.most = Math.max(this.most, ++this.inside);
    await new Promise((resolve) => setImmediate(resolve));
    this.inside--;
  }

  @Exclusive('outer')
  async outer(): Promise<string | undefined> {
    return this.inner();
  }

  @Exclusive('outer', { whenHeld: 'throw' })
  async inner(): Promise<string> {
    return 'inner';
  }

  @Exclusive('endless')
  async endless(told: (reason: unknown) => void): Promise<void> {
    const signal = currentRun()?.signal;
    await new Promise<void>((resolve) => {
      signal?.addEventListener('abort', () => {
        told(signal.reason);
        setTimeout(resolve, 20);
      });
    });
    told('ended');
  }
}

async function ordersOf(): Promise<{ readonly orders: Orders; readonly leases: Leases }> {
  const app = await startApp({ providers: [Orders] });
  return { orders: app.get(Orders), leases: app.get(Leases) };
}

describe('an exclusive method', () => {
  it('has its instance and its arguments, and what it returns and throws is passed on', async () => {
    const { orders } = await ordersOf();
    expect(await orders.plain('of', 'two', 'books')).toBe('order of two books');
    const refused = orders.failing();
    await expect(refused).rejects.toThrow(new RangeError('out of stock'));
    await expect(refused).rejects.toBeInstanceOf(RangeError);
  });

  it('has its own name and length', () => {
    expect([Orders.prototype.plain.name, Orders.prototype.plain.length]).toEqual(['plain', 1]);
    expect([Orders.prototype.settle.name, Orders.prototype.settle.length]).toEqual(['settle', 2]);
  });

  it('is a run without a slot, under a lock of its own name if it is given none', async () => {
    const { orders, leases } = await ordersOf();
    expect(await orders.named()).toEqual(['Orders.named', null, 'number', false]);
    expect(await leases.read('Orders.named')).toMatchObject({ lock: 'Orders.named' });
  });

  it('is entered by one call at a time', async () => {
    const { orders } = await ordersOf();
    await Promise.all(Array.from({ length: 5 }, () => orders.count()));
    expect(orders.most).toBe(1);
  });

  it('goes on under the lease of a method that has called it and holds the same lock', async () => {
    const { orders } = await ordersOf();
    expect(await orders.outer()).toBe('inner');
  });

  it('shows nothing of itself on its instance', async () => {
    const { orders } = await ordersOf();
    expect(Object.keys(orders)).toEqual(['prefix', 'inside', 'most']);
    expect(orders).toEqual(new Orders());
  });
});

describe('a call while somebody holds the lock', () => {
  it('is skipped unless something else is said', async () => {
    const { orders, leases } = await ordersOf();
    const lease = await leases.tryAcquire('busy');
    expect(await orders.skipping()).toBeUndefined();
    await lease?.release();
    expect(await orders.skipping()).toBe('done');
  });

  it('throws at once if that is what it shall do', async () => {
    const { orders, leases } = await ordersOf();
    const lease = await leases.tryAcquire('busy');
    const thrown = (await orders.throwing().catch((error: unknown) => error)) as LockHeldError;
    expect(thrown).toBeInstanceOf(LockHeldError);
    expect(thrown).toMatchObject({ lock: 'busy', refusal: { refused: 'held', holder: 'web-1' } });
    await lease?.release();
    expect(await orders.throwing()).toBe('done');
  });

  it('waits as long as it shall, and throws then', async () => {
    const { orders, leases } = await ordersOf();
    const lease = await leases.tryAcquire('busy');
    await expect(orders.waiting()).rejects.toThrow('The lock "busy" is held by web-1, still after 40 ms.');
    const waiting = orders.waiting();
    await lease?.release();
    expect(await waiting).toBe('done');
  });

  it('waits no longer than the run lasts that it is part of', async () => {
    const app = await startApp({ providers: [Orders] });
    const lease = await app.get(Leases).tryAcquire('count');
    const jobs = app.get(LeasedJobs);
    jobs.add({
      name: 'counting',
      schedule: interval(3_600_000),
      maxRuntime: 20,
      handler: () => app.get(Orders).count(),
    });
    expect(await jobs.runNow('counting')).toMatchObject({
      report: { outcome: 'timed-out', error: expect.stringContaining('it ran for more than 20 ms') },
    });
    await lease?.release();
  });
});

describe('a lock that is made of the arguments', () => {
  it('excludes the calls that make the same, and no others', async () => {
    const { orders } = await ordersOf();
    const nothing = async (): Promise<void> => {};
    await orders.settle('1', async () => {
      await expect(orders.settle('2', nothing)).resolves.toBeUndefined();
    });
    let end = (): void => {};
    const first = orders.settle('1', () => new Promise((resolve) => (end = resolve)));
    await expect(orders.settle('1', nothing)).rejects.toBeInstanceOf(LockHeldError);
    end();
    await first;
    await orders.settle('1', nothing);
  });

  it('has to have a name', async () => {
    const { orders } = await ordersOf();
    class Making {
      @Exclusive((...names: string[]) => names.join(''))
      async made(..._names: string[]): Promise<void> {}
    }
    const made = (await startApp({ providers: [Making] })).get(Making);
    await made.made('fine');
    await expect(made.made()).rejects.toThrow('@Exclusive of Making.made: A lock cannot be called "".');
    await expect(orders.settle('\ud800', async () => {})).rejects.toThrow('Remove the lone surrogate.');
  });
});

it('is told when the app shuts down, which waits for it, and then lets nobody in', async () => {
  const app = await startApp({ providers: [Orders] });
  const orders = app.get(Orders);
  const told: unknown[] = [];
  const call = orders.endless((what) => told.push(what));
  await new Promise((resolve) => setTimeout(resolve, 5));
  await app.close();
  await until(() => told.length > 0);
  expect(told).toEqual([expect.any(ShutdownError), 'ended']);
  await call;
  await expect(orders.plain('late')).rejects.toBeInstanceOf(LeasesClosedError);
});

it('is only put on methods that it fits', () => {
  class Types {
    @Exclusive('void')
    nothing(): void {}
    @Exclusive((order: { readonly id: string }) => order.id)
    async wider(_order: { readonly id: string; readonly total: number }, _more: number): Promise<void> {}
    // @ts-expect-error -- a caller would get a promise of the number
    @Exclusive('number')
    number(): number {
      return 1;
    }
    // @ts-expect-error -- the lock is made of a string
    @Exclusive((id: string) => id)
    async other(_id: number): Promise<void> {}
  }
  expect(Types).toBeDefined();
});
