import assert from 'node:assert/strict';
import { isRefusal } from '@leased-jobs/core';
import { recovered } from '../bounded.js';
import { contractCase } from '../contract-case.js';

/** C16: what keeps a job from being granted though its lock is free. */
export const holdOffAndPauseCases = [
  contractCase('C16', 'a job is held off after its release, by the clock of the store', async (bench) => {
    const [a, b] = [await bench.connect(), await bench.connect()];
    const { clock } = bench.harness;
    const { granularity } = b.provider.limits;
    const holdOff = bench.ttl / 2;
    const grant = await a.granted();
    const sent = clock.monotonic();
    await a.release(grant, { job: { name: 'job', holdOff } });
    const answered = clock.monotonic();

    for (;;) {
      const asked = clock.monotonic();
      const answer = await b.acquire({ job: bench.claim('job', bench.slot(1)) });
      if (!isRefusal(answer)) break;
      assert.equal(answer.refused, 'not-due');
      assert.ok(
        answer.retryAfter <= holdOff + granularity,
        `says to ask again after ${answer.retryAfter} ms`,
      );
      assert.ok(asked - answered <= holdOff + granularity, `held off for ${asked - answered} ms`);
      await bench.harness.elapse(holdOff / 50);
    }
    const heldOff = clock.monotonic() - sent;
    assert.ok(heldOff >= holdOff - granularity, `held off for ${heldOff} ms instead of ${holdOff}`);
  }),

  contractCase(
    'C16',
    'a hold-off is in the record, and leaves other jobs of the lock alone',
    async (bench) => {
      const [a, b] = [await bench.connect(), await bench.connect()];
      await a.release(await a.granted(), { job: { name: 'job', slot: bench.slot(1), holdOff: 3_600_000 } });
      const { holdOff } = (await b.record()).jobs['job'] ?? { holdOff: 0 };
      assert.ok(holdOff > 3_500_000 && holdOff <= 3_600_000 + b.provider.limits.granularity, `${holdOff} ms`);
      await b.release(await b.granted({ job: bench.claim('other', bench.slot(1)) }));
      await b.refused('not-due', { job: bench.claim('job', bench.slot(2)) });
    },
  ),

  contractCase('C16', 'a paused job is refused to every instance until it is resumed', async (bench) => {
    const [a, b] = [await bench.connect(), await bench.connect()];
    const job = bench.claim('job', bench.slot(1));
    assert.equal(await a.setPaused('job', true), null);
    for (const instance of [a, b]) await instance.refused('paused', { job });
    assert.equal((await b.record()).jobs['job']?.paused, true);
    await b.release(await b.granted({ job: bench.claim('other', bench.slot(1)) }));
    assert.equal(await b.setPaused('job', false), null);
    await a.granted({ job });
  }),

  contractCase(
    'C16',
    'a pause during a run leaves the run alone, and outlasts its release',
    async (bench) => {
      const [a, b] = [await bench.connect(), await bench.connect()];
      const grant = await a.granted({ job: bench.claim('job', bench.slot(1)) });
      const refusal = await b.setPaused('job', true);
      assert.equal(await a.renew(grant), true);
      await a.release(grant, { job: { name: 'job', slot: bench.slot(1) } });
      // Where only the holder may write, a pause has to wait for the lock.
      assert.ok(refusal === null || refusal.refused === 'held', 'refused for a wrong reason');
      assert.equal((await b.record()).jobs['job']?.paused, refusal === null);
    },
  ),

  contractCase('C16', 'a pause outlasts a restart', async (bench) => {
    const before = await bench.connect();
    await before.release(await before.granted());
    assert.equal(await before.setPaused('job', true), null);
    await before.close();
    await bench.harness.restart();
    const after = await bench.connect();
    await recovered(() => after.refused('paused', { job: bench.claim('job', bench.slot(1)) }));
  }),
];
