import assert from 'node:assert/strict';
import { contractCase } from '../contract-case.js';
import { watchResources } from '../resource-watch.js';

/** C13 and C14: what an instance leaves behind. */
export const closingCases = [
  contractCase('C13', 'a closed instance leaves no timer, socket or watcher behind', async (bench) => {
    const watch = watchResources();
    try {
      const a = await bench.connect();
      const grant = await a.granted({ job: bench.claim('job', bench.slot(1)) });
      await a.renew(grant);
      await a.acquire();
      // One watch is closed, and one is left to the closing of its provider.
      const closed = a.provider.watch?.(bench.lock, () => {});
      a.provider.watch?.(bench.lock, () => {});
      await a.list(bench.lock);
      closed?.close();
      closed?.close();
      await a.release(grant, { job: { name: 'job', slot: bench.slot(1) } });
      await a.close();
      assert.deepEqual(await watch.left(), []);
    } finally {
      watch.end();
    }
  }),

  contractCase('C13', 'an instance may be closed twice, and unused', async (bench) => {
    const { provider } = await bench.connect();
    await provider.close();
    await provider.close();
  }),

  contractCase('C14', "an instance works on its user's own client, and leaves that open", async (bench) => {
    const adopted = await bench.adopt();
    const { instance } = adopted;
    await instance.release(await instance.granted());
    await instance.close();
    assert.equal(await adopted.works(), true, 'the client of the user does not work any more');
  }),
];
