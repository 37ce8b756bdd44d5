import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LeaseGrant } from '@leased-jobs/core';
import { bounded, LOST_ANSWER_LIMIT, recovered } from '../bounded.js';
import { contractCase } from '../contract-case.js';
import type { Instance } from '../instance.js';
import { failureOf, isStoreError, storeErrorOf, thrownBy } from '../store-failure.js';

/** C9-C11: a store that is silent, refuses, or loses an answer. */
export const troubleCases = [
  contractCase('C9', 'every call on a silent store settles soon after its signal aborts', async (bench) => {
    const a = await bench.connect();
    const grant = await a.granted();
    const thaw = await bench.freeze();
    const controller = new AbortController();
    const thrown = new Map<string, unknown>();
    const names = [...CALLS.keys()];
    const settled = Promise.all(
      names.map(async (name) => {
        thrown.set(name, await thrownBy(ask(name, a, grant, controller.signal)));
      }),
    );
    await sleep(20);
    assert.deepEqual([...thrown.keys()], [], 'settled before the signal aborted');
    controller.abort(REASON);
    await Promise.race([settled, sleep(SETTLE_LIMIT)]);
    const late = names.filter((name) => !thrown.has(name));
    await thaw();
    assert.deepEqual(late, [], `unsettled ${SETTLE_LIMIT} ms after the signal aborted`);
    for (const [name, error] of thrown) {
      assert.ok(error === REASON || isStoreError(error), `${name} threw ${String(error)}`);
    }
  }),

  contractCase('C9', 'a call whose signal has aborted beforehand fails and sends nothing', async (bench) => {
    const a = await bench.connect();
    const grant = await a.granted();
    const refusal = await bench.disturb('refused', 1);
    for (const name of CALLS.keys()) {
      const thrown = await failureOf(ask(name, a, grant, AbortSignal.abort(REASON)), name);
      assert.equal(thrown, REASON, `${name} did not throw the reason of its signal`);
    }
    assert.equal(refusal.struck, false, 'something was sent');
  }),

  contractCase(
    'C10',
    'an attempt given up on a silent store can be repeated, and given back',
    async (bench) => {
      const [a, b] = [await bench.connect(), await bench.connect()];
      await a.read();
      const thaw = await bench.freeze();
      const request = a.request();
      const thrown = await failureOf(a.acquire(request, 20), 'a silent store, and yet');
      assert.ok(
        !isStoreError(thrown) || thrown.applied === 'unknown',
        'it claims to know what a silent store did',
      );
      await thaw();
      const grant = await recovered(() => a.granted(request));
      await b.refused('held');
      await recovered(() => a.release(grant));
      await b.granted();
    },
  ),

  contractCase('C10', 'a failure that claims that nothing was applied tells the truth', async (bench) => {
    const [a, observer] = [await bench.connect(), await bench.connect()];
    await a.read();
    for (const fault of ['refused', 'answer-lost'] as const) {
      await bench.forEachRequest(async (nth) => {
        const lock = `${bench.lock} ${fault} ${nth}`;
        const trouble = await bench.disturb(fault, nth);
        const thrown = await thrownBy(a.acquire({ lock }, LOST_ANSWER_LIMIT));
        await trouble.end();
        const record = await recovered(() => observer.read(lock));
        if (isStoreError(thrown) && thrown.applied === 'no') {
          assert.equal(record?.lease ?? null, null, `granted by request ${nth}, whatever the failure says`);
        }
        return trouble;
      });
    }
  }),

  contractCase('C11', 'a refused request is one failed call, and is not sent again', async (bench) => {
    const a = await bench.connect();
    const grant = await a.granted();
    for (const name of CALLS.keys()) {
      await recovered(() => a.read());
      const refusal = await bench.disturb('refused', 1);
      // Only one request is refused: if the call sent it a second time, it would succeed.
      await storeErrorOf(
        bounded((signal) => ask(name, a, grant, signal)),
        `the store refused, and yet ${name}`,
      );
      assert.ok(refusal.struck, `${name} failed without having asked`);
      await refusal.end();
    }
  }),
];

type Call = (a: Instance, grant: LeaseGrant, signal: AbortSignal) => Promise<unknown>;

/** Whatever a provider can be asked. Where it does not offer a call, another takes its place. */
const CALLS: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['acquire', (a, { lock }, signal) => a.provider.acquire(a.request({ lock }), signal)],
  ['renew', (a, grant, signal) => a.provider.renew(grant, a.provider.limits.maxTtl, signal)],
  ['read', (a, { lock }, signal) => a.provider.read(lock, signal)],
  ['list', (a, { lock }, signal) => firstOf(a.provider.list(lock, signal))],
  ['setPaused', (a, { lock }, signal) => a.provider.setPaused(lock, 'job', true, signal)],
  ['release', (a, grant, signal) => a.provider.release(grant, {}, signal)],
  [
    'renewMany',
    async ({ provider }, grant, signal) => {
      const { maxTtl } = provider.limits;
      const answers = await provider.renewMany?.([grant], maxTtl, signal);
      if (!answers) return provider.renew(grant, maxTtl, signal);
      // An error in the place of an answer is that of this one.
      if (answers[0] instanceof Error) throw answers[0];
      return answers;
    },
  ],
]);

async function ask(name: string, ...question: Parameters<Call>): Promise<unknown> {
  return CALLS.get(name)?.(...question);
}

async function firstOf<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item;
  return undefined;
}

const REASON = new Error('given up by the contract');

/** Milliseconds. Set right after the abort, this timer cannot fire before what that abort has settled. */
const SETTLE_LIMIT = 50;
