import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { bounded } from '../bounded.js';
import { contractCase } from '../contract-case.js';

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
    const { provider } = a;
    const renew = (ttl: number) =>
      bounded(async (signal) =>
        provider.renewMany
          ? provider.renewMany(grants, ttl, signal)
          : Promise.all(grants.map((grant) => provider.renew(grant, ttl, signal))),
      );
    assert.deepEqual(await renew(provider.limits.maxTtl), [true, false, true]);
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

  contractCase('C7', 'who waits for a change, where that is offered, is told of a release', async (bench) => {
    const [a, b] = [await bench.connect(), await bench.connect()];
    const { provider } = b;
    let told = false;
    const waiting = bounded(async (signal) => {
      await provider.waitForChange?.(bench.lock, signal);
      told = true;
    }, TOLD_LIMIT);
    // Nobody promises when the waiting begins, so the lock changes until it has been noticed.
    await bounded(async (signal) => {
      for (;;) {
        await a.release(await a.granted());
        await nextTurn();
        if (told || signal.aborted) return;
      }
    }, TOLD_LIMIT);
    await waiting;
  }),
];

/** Milliseconds. Asking again at the times that refusals name would have been as good. */
const TOLD_LIMIT = 1_000;
