import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { isRefusal } from '@leased-jobs/core';
import type { Bench } from '../bench.js';
import { LOST_ANSWER_LIMIT, recovered } from '../bounded.js';
import { contractCase } from '../contract-case.js';
import type { Instance } from '../instance.js';
import { thrownBy } from '../store-failure.js';

/** C1-C4: one live grant at a time, safe to ask for twice, with tokens that grow. */
export const grantCases = [
  contractCase('C1', 'of many instances that ask at once, one is granted the lock', async (bench) => {
    const instances = await Promise.all(Array.from({ length: 8 }, () => bench.connect()));
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(instances.map((instance) => instance.acquire()));
      const winners = answers.flatMap((answer, i) => (isRefusal(answer) ? [] : [{ answer, i }]));
      assert.equal(winners.length, 1, `${winners.length} of 8 instances hold one lock`);
      for (const { answer, i } of winners) await instances[i]?.release(answer);
    }
  }),

  contractCase('C1', 'who is refused learns who holds the lock, and for how long', async (bench) => {
    const [a, b] = [await bench.connect(), await bench.connect()];
    const sent = bench.harness.clock.monotonic();
    await a.granted({ ttl: bench.ttl });
    const { holder, expiresIn, retryAfter } = await b.refused('held');
    assert.equal(holder, a.id);
    assertRemainder(expiresIn, sent, bench, b);
    const longest = bench.ttl + b.provider.limits.granularity;
    assert.ok(retryAfter > 0 && retryAfter <= longest, `says to ask again after ${retryAfter} ms`);
  }),

  contractCase('C1', 'anybody can read who holds a lock, and that nobody has held another', async (bench) => {
    const [a, b] = [await bench.connect(), await bench.connect()];
    const sent = bench.harness.clock.monotonic();
    const grant = await a.granted({ ttl: bench.ttl });
    const { lease, ...record } = await b.record();
    assert.deepEqual(record, { lock: bench.lock, fencingToken: grant.fencingToken, jobs: {} });
    assert.equal(lease?.holder, a.id);
    assertRemainder(lease.expiresIn, sent, bench, b);
    assert.equal(await b.read(`${bench.lock} of nobody`), null);
    await a.release(grant);
    assert.equal((await b.record()).lease, null);
  }),

  contractCase('C1', 'a live lease excludes its own holder too, under another grant id', async (bench) => {
    const a = await bench.connect();
    await a.granted();
    await a.refused('held');
  }),

  contractCase('C2', 'an attempt repeated with its grant id is the same grant', async (bench) => {
    const a = await bench.connect();
    const grantId = randomUUID();
    const first = await a.granted({ grantId });
    const second = await a.granted({ grantId });
    assert.deepEqual([second.grantId, second.fencingToken], [grantId, first.fencingToken]);
    assert.equal(first.grantId, grantId);
    assert.equal(await a.renew(first), true);
  }),

  contractCase(
    'C2',
    'an attempt made twice at once, as by a duplicated packet, is one grant',
    async (bench) => {
      const [a, b] = [await bench.connect(), await bench.connect()];
      const request = a.request();
      const [first, second] = await Promise.all([a.granted(request), a.granted(request)]);
      assert.equal(first.fencingToken, second.fencingToken);
      await a.release(second);
      await b.granted();
    },
  ),

  contractCase('C2', 'an attempt whose answer was lost is repeated and granted', async (bench) => {
    const [a, observer] = [await bench.connect(), await bench.connect()];
    await a.read();
    await bench.forEachRequest(async (nth) => {
      // Marked at the grant, so that a repetition taken for a new attempt would be refused as done.
      const job = bench.claim('job', bench.slot(1), { mark: 'at-acquire' });
      const request = a.request({ lock: `${bench.lock} ${nth}`, job });
      const loss = await bench.disturb('answer-lost', nth);
      const thrown = await thrownBy(a.acquire(request, LOST_ANSWER_LIMIT));
      assert.ok(nth > 1 || thrown !== undefined, 'its only answer was lost, and yet it has one');
      await loss.end();
      const grant = await recovered(() => a.granted(request));
      const record = await recovered(() => observer.record(request.lock));
      assert.equal(grant.fencingToken, record.fencingToken);
      assert.equal(await a.renew(grant), true);
      return loss;
    });
  }),

  contractCase('C2', 'an attempt repeated with its grant id restarts the ttl', async (bench) => {
    const [a, b] = [await bench.connect(), await bench.connect()];
    const request = a.request({ ttl: bench.ttl });
    await a.granted(request);
    await bench.harness.elapse(bench.ttl * 0.6);
    await a.granted(request);
    await bench.harness.elapse(bench.ttl * 0.6);
    await b.refused('held');
  }),

  contractCase('C3', 'an expired lease is granted to whoever asks, as a new grant', async (bench) => {
    const [a, b] = [await bench.connect(), await bench.connect()];
    const first = await a.granted({ ttl: bench.ttl });
    await bench.expire();
    const second = await b.granted();
    assert.notEqual(second.grantId, first.grantId);
    await a.refused('held', { grantId: first.grantId });
  }),

  contractCase(
    'C4',
    'fencing tokens are safe integers that grow, across expiry and restart',
    async (bench) => {
      const tokens: number[] = [];
      const before = await bench.connect();
      for (let n = 0; n < 3; n++) {
        const grant = await before.granted();
        tokens.push(grant.fencingToken);
        await before.release(grant);
      }
      tokens.push((await before.granted({ ttl: bench.ttl })).fencingToken);
      await bench.expire();
      const last = await before.granted();
      tokens.push(last.fencingToken);
      await before.release(last);
      await before.close();
      await bench.harness.restart();
      const after = await bench.connect();
      tokens.push((await recovered(() => after.granted())).fencingToken);

      assert.ok(
        tokens.every((token) => Number.isSafeInteger(token) && token > 0),
        `tokens ${tokens.join()}`,
      );
      assert.deepEqual(
        tokens,
        [...new Set(tokens)].toSorted((a, b) => a - b),
        'tokens that do not grow',
      );
    },
  ),
];

/** What is left of a lease of `ttl` that was asked for at `sent`, if the store may be wrong by its granularity. */
function assertRemainder(expiresIn: number, sent: number, bench: Bench, { provider }: Instance): void {
  const { granularity } = provider.limits;
  const shortest = bench.ttl * 0.99 - granularity - (bench.harness.clock.monotonic() - sent);
  const fits = expiresIn > 0 && expiresIn >= shortest && expiresIn <= bench.ttl + granularity;
  assert.ok(fits, `a lease of ${bench.ttl} ms is said to expire in ${expiresIn} ms`);
}
