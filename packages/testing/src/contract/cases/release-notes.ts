import assert from 'node:assert/strict';
import { type LockRecord, MAX_REPORTS, type RunReport } from '@leased-jobs/core';
import type { Bench } from '../bench.js';
import { LOST_ANSWER_LIMIT, recovered } from '../bounded.js';
import { contractCase } from '../contract-case.js';
import { isStoreError, thrownBy } from '../store-failure.js';

/** C17: what a release writes, it writes in the step that frees the lock. */
export const releaseNoteCases = [
  contractCase(
    'C17',
    'a release that fails has freed the lock and marked the slot, or neither',
    async (bench) => {
      const [a, observer] = [await bench.connect(), await bench.connect()];
      for (const fault of ['refused', 'answer-lost'] as const) {
        await bench.forEachRequest(async (nth) => {
          const lock = `${bench.lock} ${fault} ${nth}`;
          const grant = await recovered(() => a.granted({ lock, job: bench.claim('job', bench.slot(1)) }));
          const trouble = await bench.disturb(fault, nth);
          const note = { job: { name: 'job', slot: bench.slot(1), report: report(bench, 1) } };
          const thrown = await thrownBy(a.release(grant, note, LOST_ANSWER_LIMIT));
          await trouble.end();
          const released = stateOf(await recovered(() => observer.record(lock)), bench) === 'released';
          assert.ok(released || thrown !== undefined, 'it did nothing, and says that all is well');
          if (isStoreError(thrown) && thrown.applied === 'no')
            assert.ok(!released, 'it claims that nothing happened');

          await recovered(() => a.release(grant, note));
          const record = await observer.record(lock);
          assert.equal(stateOf(record, bench), 'released');
          assert.equal(record.jobs['job']?.recent.length, 1, 'a repeated release reports its run once');
          return trouble;
        });
      }
    },
  ),

  contractCase('C17', 'nobody ever sees half of a release', async (bench) => {
    const [a, observer] = [await bench.connect(), await bench.connect()];
    for (let n = 1; n <= 10; n++) {
      const lock = `${bench.lock} ${n}`;
      const grant = await a.granted({ lock, job: bench.claim('job', bench.slot(1)) });
      const release = a.release(grant, { job: { name: 'job', slot: bench.slot(1) } });
      const records = await Promise.all(Array.from({ length: 5 }, () => observer.record(lock)));
      await release;
      for (const record of [...records, await observer.record(lock)]) stateOf(record, bench);
    }
  }),

  contractCase('C17', 'the record keeps the reports of the last runs, newest first', async (bench) => {
    const [a, b] = [await bench.connect(), await bench.connect()];
    const reports = Array.from({ length: MAX_REPORTS + 2 }, (_, n) => report(bench, n));
    for (const [n, one] of reports.entries()) {
      const instance = n % 2 === 0 ? a : b;
      await instance.release(await instance.granted(), { job: { name: 'job', report: one } });
    }
    const { recent } = (await b.record()).jobs['job'] ?? { recent: [] };
    assert.deepEqual(recent, reports.toReversed().slice(0, MAX_REPORTS));
  }),
];

function stateOf({ lease, jobs }: LockRecord, bench: Bench): 'held' | 'released' {
  const marked = jobs['job']?.lastSlot === bench.slot(1);
  assert.equal(
    lease === null,
    marked,
    lease ? 'the slot is done while the lease lives' : 'freed, and not marked',
  );
  return marked ? 'released' : 'held';
}

function report(bench: Bench, n: number): RunReport {
  const slot = n % 3 === 0 ? null : bench.slot(n);
  const run = {
    instance: `web-${n}:1:ab`,
    fencingToken: n + 1,
    slot,
    startedAt: bench.slot(n) + 7,
    duration: n,
  };
  return n % 2 === 0
    ? { ...run, outcome: 'succeeded' }
    : { ...run, outcome: 'failed', error: 'No “such” reader:\n{"id": 锁}' };
}
