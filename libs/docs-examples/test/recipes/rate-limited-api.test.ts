import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceUnavailableException } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Leases } from '@leased-jobs/nestjs';
import { ManualClock } from '@leased-jobs/testing';
import { Crm, CrmModule, CustomersController } from '../../src/recipes/rate-limited-api.js';
import { fakeFetch } from './fake-fetch.js';
import { RecipeCluster, TAKEN_OVER } from './recipe-cluster.js';

beforeEach(() => {
  process.env.CRM_PAUSE = '20';
});
afterEach(() => {
  delete process.env.CRM_PAUSE;
});

const NOBODY_HEARS_THE_DEAD = (): void => {};

describe('a rate-limited API', () => {
  it('is called by one at a time, of all instances, and not more often than it allows', async () => {
    const begun: number[] = [];
    const called: string[] = [];
    const load = fakeFetch(async ({ path }) => {
      begun.push(performance.now());
      await sleep(5);
      called.push(path);
      return 200;
    });
    const cluster = new RecipeCluster(CrmModule);
    const [one, two] = [(await cluster.start()).app.get(Crm), (await cluster.start()).app.get(Crm)];
    const customers = ['a', 'b', 'c', 'd', 'e', 'f'];
    await Promise.all(customers.map((customer, n) => (n % 2 ? one : two).update(customer, { plan: 'pro' })));
    expect(called.toSorted()).toEqual(customers.map((customer) => `/customers/${customer}`));
    expect(load.busiest).toBe(1);
    const pauses = begun.slice(1).map((at, n) => at - (begun[n] ?? 0));
    // Timers of Node may be a millisecond early.
    expect(Math.min(...pauses)).toBeGreaterThan(23);
  });

  it('answers 503 to whoever would wait for too long', async () => {
    fakeFetch(() => 200);
    const clock = new ManualClock();
    const cluster = new RecipeCluster(CrmModule, clock);
    const [busy, other] = [await cluster.start(), await cluster.start()];
    await using held = await busy.app.get(Leases).tryAcquire('crm');
    expect(held).not.toBeNull();
    const answer = other.app.get(CustomersController).update('a', {});
    const refused = expect(answer).rejects.toThrow(ServiceUnavailableException);
    await clock.advance(10_000);
    await refused;
  });

  it('is called again within a ttl of the death of an instance that was calling it', async () => {
    let calls = 0;
    fakeFetch(() => (++calls === 1 ? new Promise<never>(() => {}) : 200));
    const clock = new ManualClock();
    const cluster = new RecipeCluster(CrmModule, clock);
    const [dead, other] = [await cluster.start(), await cluster.start()];
    dead.app.get(Crm).update('a', {}).catch(NOBODY_HEARS_THE_DEAD);
    await clock.advance(10);
    dead.kill();
    await clock.advance(TAKEN_OVER - 5_000);
    const answer = other.app.get(Crm).update('b', {});
    await clock.advance(5_000);
    await answer;
    expect(calls).toBe(2);
  });

  it('is not begun again when the call fails, and the next one keeps its distance', async () => {
    const begun: number[] = [];
    fakeFetch(() => (begun.push(performance.now()) === 1 ? 500 : 200));
    const instance = await new RecipeCluster(CrmModule).start();
    const crm = instance.app.get(Crm);
    const first = expect(crm.update('a', {})).rejects.toThrow('The CRM answered with 500.');
    await Promise.all([first, crm.update('b', {})]);
    expect((begun[1] ?? 0) - (begun[0] ?? 0)).toBeGreaterThan(18);
  });
});
