import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LeaseGrant, Release } from '@leased-jobs/core';
import { bounded } from '../bounded.js';
import { contractCase } from '../contract-case.js';
import type { Instance } from '../instance.js';

/** C5-C7: who holds the live grant decides about it, and nobody else. */
export const ownershipCases = [
  contractCase('C5', 'a renewal restarts the ttl', async (bench) => {
    const [a, b] = [await bench.connect(), await bench.connect()];
    const grant = await a.granted({ ttl: bench.ttl });
    await bench.harness.elapse(bench.ttl * 0.6);
    assert.equal(await a.renew(grant, bench.ttl), true);
    await bench.harness.elapse(bench.ttl * 0.6);
    await b.refused('held');
  }),

  contractCase('C5', 'a lease that has expired is not renewed, though nobody has taken it', async (bench) => {
    const a = await bench.connect();
    const grant = await a.granted({ ttl: bench.ttl });
    await bench.expire();
    assert.equal(await a.renew(grant), false);
  }),

  contractCase('C5', 'a lease that was given back is not renewed', async (bench) => {
    const a = await bench.connect();
    const grant = await a.granted();
    await a.release(grant);
    assert.equal(await a.renew(grant), false);
  }),

  contractCase('C5', 'a batch of renewals, where it is offered, answers for each in order', async (bench) => {
    const a = await bench.connect();
    const grants = await Promise.all(
      ['first', 'second', 'third'].map((name) => a.granted({ lock: `${bench.lock} ${name}` })),
    );
    if (grants[1]) await a.release(grants[1]);
    assert.deepEqual(await renewedTogether(a, grants), [true, false, true]);
  }),

  contractCase('C6', 'a grant id that is not the live one changes nothing', async (bench) => {
    const [a, b] = [await bench.connect(), await bench.connect()];
    const stale = await a.granted();
    await a.release(stale);
    const live = await b.granted();
    const before = await b.record();
    const foreign = { ...live, grantId: randomUUID() };
    for (const proof of [stale, foreign]) {
      assert.equal(await a.renew(proof), false, 'it renewed a lease that is not its own');
      await a.release(proof, { job: { name: 'job', slot: bench.slot(1), holdOff: 60_000 } });
    }
    assert.equal(await b.renew(live), true, 'the live lease was taken away');
    const { jobs, fencingToken } = await b.record();
    assert.deepEqual({ jobs, fencingToken }, { jobs: before.jobs, fencingToken: before.fencingToken });
  }),

  contractCase(
    'C6',
    'a batch of renewals, where it is offered, leaves the leases of others alone',
    async (bench) => {
      const [a, b] = [await bench.connect(), await bench.connect()];
      const stale: LeaseGrant[] = [];
      for (const lock of ['first', 'second'].map((name) => `${bench.lock} ${name}`)) {
        const grant = await a.granted({ lock });
        await a.release(grant);
        await b.granted({ lock });
        stale.push(grant);
      }
      assert.deepEqual(await renewedTogether(a, stale), [false, false]);
    },
  ),

  contractCase('C7', 'a release frees the lock at once, and may be repeated', async (bench) => {
    const [a, b] = [await bench.connect(), await bench.connect()];
    const grant = await a.granted();
    await a.release(grant);
    await a.release(grant);
    await b.granted();
  }),

  contractCase('C7', 'a release of what was never granted does nothing', async (bench) => {
    const a = await bench.connect();
    await a.release(
      { lock: bench.lock, grantId: randomUUID() },
      { job: { name: 'job', slot: bench.slot(1) } },
    );
    const grant = await a.granted({ job: bench.claim('job', bench.slot(1)) });
    assert.equal(grant.lastSlot, null);
  }),

  contractCase(
    'C7',
    'who watches a lock, where that is offered, is told of releases and of slots',
    async (bench) => {
      const [a, b] = [await bench.connect(), await bench.connect()];
      if (!b.provider.watch) return;
      const told: Release[] = [];
      const watch = b.provider.watch(bench.lock, (release) => told.push(release));
      try {
        // Nobody promises when a watch begins, so the lock is released until that is noticed.
        await bounded(async (signal) => {
          while (told.length === 0 && !signal.aborted) {
            await a.release(await a.granted());
            await nextTurn();
          }
        }, TOLD_LIMIT);
        assert.ok(told.length > 0, 'nothing was told of a release');
        assert.ok(!told.some(({ done }) => done), 'a slot was told of that no release has marked');
        await a.release(await a.granted(), { job: { name: 'job', slot: bench.slot(1) } });
        const slots = (): readonly number[] =>
          told.flatMap(({ done }) => (done?.job === 'job' ? [done.slot] : []));
        await bounded(async (signal) => {
          while (slots().length === 0 && !signal.aborted) await nextTurn();
        }, TOLD_LIMIT);
        assert.deepEqual(slots(), [bench.slot(1)]);
      } finally {
        watch.close();
      }
    },
  ),

  contractCase('C7', 'who has closed a watch is told nothing more', async (bench) => {
    const [a, b] = [await bench.connect(), await bench.connect()];
    let told = 0;
    const watch = b.provider.watch?.(bench.lock, () => told++);
    watch?.close();
    await a.release(await a.granted());
    await b.release(await b.granted());
    assert.equal(told, 0);
  }),
];

/** By one call where that is offered. */
function renewedTogether(
  { provider }: Instance,
  grants: readonly LeaseGrant[],
): Promise<readonly (boolean | Error)[]> {
  const { maxTtl } = provider.limits;
  return bounded(async (signal) =>
    provider.renewMany
      ? provider.renewMany(grants, maxTtl, signal)
      : Promise.all(grants.map((grant) => provider.renew(grant, maxTtl, signal))),
  );
}

/** Milliseconds. Asking again at the times that refusals name would have been as good. */
const TOLD_LIMIT = 1_000;
