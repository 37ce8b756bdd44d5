import assert from 'node:assert/strict';
import { isRefusal } from '@leased-jobs/core';
import { contractCase } from '../contract-case.js';
import { failureOf } from '../store-failure.js';

/** C8: how long a lease lives. */
export const expiryCases = [
  contractCase(
    'C8',
    'a lease expires not before its ttl, and not later than its ttl and the granularity',
    async (bench) => {
      const [a, b] = [await bench.connect(), await bench.connect()];
      const { clock } = bench.harness;
      const sent = clock.monotonic();
      await a.granted({ ttl: bench.ttl });
      const answered = clock.monotonic();
      const latest = bench.ttl + b.provider.limits.granularity;

      // Measured from those ends of the calls that no delay between us and the store can turn into a false verdict.
      for (;;) {
        const asked = clock.monotonic();
        if (!isRefusal(await b.acquire())) break;
        assert.ok(
          asked - answered <= latest,
          `still held ${asked - answered} ms after a grant for ${bench.ttl} ms`,
        );
        await bench.harness.elapse(bench.ttl / 50);
      }
      const lived = clock.monotonic() - sent;
      assert.ok(lived >= bench.ttl * SLOWEST_CLOCK, `expired ${lived} ms after a grant for ${bench.ttl} ms`);
    },
  ),

  contractCase('C8', 'a ttl out of the limits is refused before anything is sent', async (bench) => {
    const a = await bench.connect();
    const { minTtl, maxTtl } = a.provider.limits;
    const grant = await a.granted();
    const refusal = await bench.disturb('refused', 1);
    for (const ttl of [minTtl - 1, maxTtl + 1, 0, -1, minTtl + 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const call of [() => a.acquire({ ttl }), () => a.renew(grant, ttl)]) {
        const thrown = await failureOf(call(), `a ttl of ${ttl} ms`);
        assert.ok(thrown instanceof RangeError, `a ttl of ${ttl} ms is no RangeError, but ${String(thrown)}`);
      }
    }
    assert.equal(refusal.struck, false, 'something was sent');
  }),
];

/** The protocol stands a clock that runs one per cent slower than another. */
const SLOWEST_CLOCK = 0.99;
