import assert from 'node:assert/strict';
import { recovered } from '../bounded.js';
import { contractCase } from '../contract-case.js';

/** C15: a slot is granted until it counts as run, and never again. */
export const slotCases = [
  contractCase(
    'C15',
    'a slot that counts as run is done for everybody, as are all before it',
    async (bench) => {
      const [a, b] = [await bench.connect(), await bench.connect()];
      const grant = await a.granted({ job: bench.claim('job', bench.slot(2)) });
      await a.release(grant, { job: { name: 'job', slot: bench.slot(2) } });
      for (const instance of [a, b]) {
        for (const n of [1, 2]) {
          const refusal = await instance.refused('done', { job: bench.claim('job', bench.slot(n)) });
          assert.equal(refusal.lastSlot, bench.slot(2));
        }
      }
      const next = await b.granted({ job: bench.claim('job', bench.slot(3)) });
      assert.equal(next.lastSlot, bench.slot(2), 'the next run must learn which slot was the last');
    },
  ),

  contractCase('C15', 'a slot that the note does not mark is granted to the next who asks', async (bench) => {
    const [a, b] = [await bench.connect(), await bench.connect()];
    const job = bench.claim('job', bench.slot(1));
    await a.release(await a.granted({ job }), { job: { name: 'job' } });
    const grant = await b.granted({ job });
    assert.equal(grant.lastSlot, null);
  }),

  contractCase('C15', 'a slot marked at its grant counts as run from then on', async (bench) => {
    const [a, b] = [await bench.connect(), await bench.connect()];
    const early = bench.claim('early', bench.slot(1), { mark: 'at-acquire' });
    const grant = await a.granted({ job: early });
    assert.equal((await b.record()).jobs['early']?.lastSlot, bench.slot(1));
    await a.release(grant, { job: { name: 'early' } });
    assert.equal((await b.record()).jobs['early']?.lastSlot, bench.slot(1), 'the release unmarked it');

    await a.granted({ job: bench.claim('late', bench.slot(1)) });
    assert.equal((await b.record()).jobs['late']?.lastSlot ?? null, null, 'marked before it was run');
  }),

  contractCase('C15', 'an earlier slot does not take back a later one', async (bench) => {
    const a = await bench.connect();
    for (const n of [5, 3]) {
      await a.release(await a.granted(), { job: { name: 'job', slot: bench.slot(n) } });
    }
    assert.equal((await a.record()).jobs['job']?.lastSlot, bench.slot(5));
  }),

  contractCase(
    'C15',
    'jobs that share a lock exclude each other, and have slots of their own',
    async (bench) => {
      const [a, b] = [await bench.connect(), await bench.connect()];
      const grant = await a.granted({ job: bench.claim('one', bench.slot(2)) });
      await b.refused('held', { job: bench.claim('two', bench.slot(1)) });
      await a.release(grant, { job: { name: 'one', slot: bench.slot(2) } });
      const other = await b.granted({ job: bench.claim('two', bench.slot(1)) });
      assert.equal(other.lastSlot, null);
      await b.release(other, { job: { name: 'two', slot: bench.slot(1) } });
      const { jobs } = await b.record();
      assert.deepEqual([jobs['one']?.lastSlot, jobs['two']?.lastSlot], [bench.slot(2), bench.slot(1)]);
    },
  ),

  contractCase('C15', 'a run outside the schedule is guarded by no slot, and marks none', async (bench) => {
    const a = await bench.connect();
    await a.release(await a.granted(), { job: { name: 'job', slot: bench.slot(1) } });
    const grant = await a.granted({ job: bench.claim('job') });
    assert.equal(grant.lastSlot, bench.slot(1));
    await a.release(grant, { job: { name: 'job' } });
    assert.equal((await a.record()).jobs['job']?.lastSlot, bench.slot(1));
  }),

  contractCase(
    'C15',
    "a slot too far in the store's future is refused, and silences nobody",
    async (bench) => {
      const a = await bench.connect();
      const now = Math.floor(bench.harness.clock.wall());
      const ahead = bench.claim('job', now + 120_000, { mark: 'at-acquire', tolerance: 30_000 });
      const refusal = await a.refused('ahead', { job: ahead });
      assert.ok(Math.abs(refusal.by - 120_000) < 15_000, `ahead by ${refusal.by} ms`);
      assert.ok(
        refusal.retryAfter > 0 && refusal.retryAfter < 105_000,
        `again after ${refusal.retryAfter} ms`,
      );
      const tolerable = bench.claim('job', now + 15_000, { tolerance: 30_000 });
      assert.equal((await a.granted({ job: tolerable })).lastSlot, null);
    },
  ),

  contractCase('C15', 'what counts as run still does after a restart', async (bench) => {
    const before = await bench.connect();
    await before.release(await before.granted(), { job: { name: 'job', slot: bench.slot(1) } });
    await before.close();
    await bench.harness.restart();
    const after = await bench.connect();
    assert.equal((await recovered(() => after.record())).jobs['job']?.lastSlot, bench.slot(1));
  }),
];
