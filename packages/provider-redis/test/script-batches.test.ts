import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { BATCH } from '../src/batch-script.js';
import { ACQUIRE, RELEASE, RENEW_MANY } from '../src/lock-scripts.js';
import { soon } from './support/instance.js';
import { ScriptBatches, type ScriptCall } from '../src/script-batches.js';

type Answers = (sha: string, ...words: (string | number)[]) => unknown;

/** What a server would have been sent, and a client that answers as it is told to. */
function batches(answer: Answers = () => Promise.resolve('alone'), isCluster = false) {
  const sent: (string | number)[][] = [];
  const byText: string[] = [];
  const client = {
    isCluster,
    evalsha: (sha: string, ...words: (string | number)[]) => {
      sent.push([sha, ...words]);
      return answer(sha, ...words);
    },
    eval: async (source: string) => {
      byText.push(source);
      return ['by text', 'by text'];
    },
  };
  const made = new ScriptBatches(client as unknown as ConstructorParameters<typeof ScriptBatches>[0]);
  return { sent, byText, call: (call: ScriptCall, signal = soon()) => made.call(call, signal) };
}

const acquire = (n: number): ScriptCall => ({
  script: ACQUIRE,
  keys: [`lease ${n}`, `token ${n}`],
  args: [n, 10],
});
const release = (n: number): ScriptCall => ({ script: RELEASE, keys: [`lease ${n}`], args: [n] });
/** The number of calls in each command. */
const sizes = (sent: readonly (string | number)[][]): number[] =>
  sent.map(([sha, keyCount]) => (sha === BATCH.sha ? Number(keyCount) / 2 : 1));
const serverError = (message: string) => Promise.reject(new Error(message));

describe('the calls of one turn', () => {
  it('leave at once if there is one alone', async () => {
    const { sent, call } = batches();
    await expect(call(acquire(1))).resolves.toBe('alone');
    await nextTurn();
    const second = call(release(1));
    expect(sent).toEqual([
      [ACQUIRE.sha, 2, 'lease 1', 'token 1', 1, 10],
      [RELEASE.sha, 1, 'lease 1', 1],
    ]);
    await second;
  });

  it('leave together at its end, those included that a promise has brought about', async () => {
    const { sent, call } = batches(async (sha) => (sha === BATCH.sha ? ['two', 'three', 'four'] : 'one'));
    const answers = [call(acquire(1)), call(acquire(2)), call(release(3))];
    const last = Promise.resolve().then(() => call(acquire(4)));
    expect(sent).toHaveLength(1);
    await expect(Promise.all([...answers, last])).resolves.toEqual(['one', 'two', 'three', 'four']);
    const keys = ['lease 2', 'token 2', 'lease 3', 'lease 4', 'token 4'];
    expect(sent[1]).toEqual([BATCH.sha, 5, ...keys, 1, 2, 2, 2, 10, 4, 1, 1, 3, 1, 2, 2, 4, 10]);
  });

  it('leave in batches if there are many, and none is left behind', async () => {
    const { sent, call } = batches(async (sha) =>
      sha === BATCH.sha ? Array.from({ length: 16 }, () => 'in one') : 'alone',
    );
    const answers = Array.from({ length: 82 }, (_, n) => call(acquire(n)));
    await Promise.all(answers);
    expect(sizes(sent)).toEqual([1, 16, 16, 16, 16, 16, 1]);
    expect(sent.flat().filter((word) => String(word).startsWith('lease'))).toEqual(
      answers.map((_, n) => `lease ${n}`),
    );
  });

  it('leave in their order, whatever is among them that cannot be in a batch', async () => {
    const { sent, call } = batches(async (sha) => (sha === BATCH.sha ? ['a', 'b'] : 'alone'));
    const many = { script: RENEW_MANY, keys: ['lease 4'], args: [10, 4] };
    await Promise.all([acquire(1), acquire(2), acquire(3), many, acquire(5)].map((one) => call(one)));
    expect(sent.map(([sha]) => sha)).toEqual([ACQUIRE.sha, BATCH.sha, RENEW_MANY.sha, ACQUIRE.sha]);
  });

  it('leave one by one in a Cluster', async () => {
    const { sent, call } = batches(async () => 'alone', true);
    await Promise.all([1, 2, 3].map((n) => call(acquire(n))));
    expect(sizes(sent)).toEqual([1, 1, 1]);
  });

  it.each(["CROSSSLOT Keys in request don't hash to the same slot", 'NOPERM No permissions to access a key'])(
    'leave one by one from then on where they may not leave together: %s',
    async (message) => {
      const { sent, call } = batches((sha) =>
        sha === BATCH.sha ? serverError(message) : Promise.resolve('alone'),
      );
      const turn = (): Promise<unknown[]> => Promise.all([1, 2, 3].map((n) => call(acquire(n))));
      await expect(turn()).resolves.toEqual(['alone', 'alone', 'alone']);
      await expect(turn()).resolves.toEqual(['alone', 'alone', 'alone']);
      expect(sizes(sent)).toEqual([1, 2, 1, 1, 1, 1, 1]);
    },
  );

  it('leave as text if the server does not know them by name', async () => {
    const { byText, call } = batches((sha) =>
      sha === BATCH.sha ? serverError('NOSCRIPT') : Promise.resolve('alone'),
    );
    const answers = await Promise.all([1, 2, 3].map((n) => call(acquire(n))));
    expect(answers).toEqual(['alone', 'by text', 'by text']);
    expect(byText).toEqual([BATCH.source]);
  });

  it.each(['NOSCRIPT', 'CROSSSLOT in one'])(
    'are not sent again once they are given up: %s',
    async (message) => {
      const given = new AbortController();
      const { sent, byText, call } = batches(async (sha) => {
        if (sha !== BATCH.sha) return 'alone';
        given.abort();
        throw new Error(message);
      });
      void call(acquire(1));
      for (const n of [2, 3]) call(acquire(n), given.signal).catch(() => {});
      await nextTurn();
      await nextTurn();
      expect(sizes(sent)).toEqual([1, 2]);
      expect(byText).toEqual([]);
    },
  );

  it.each(['OOM no memory', '@user_script: 12: -OOM no memory'])(
    'fail for themselves: %s',
    async (failure) => {
      const one = batches(async (sha) => (sha === BATCH.sha ? ['granted', ['failed', failure]] : 'alone'));
      expect(await Promise.allSettled([1, 2, 3].map((n) => one.call(acquire(n))))).toMatchObject([
        { value: 'alone' },
        { value: 'granted' },
        { reason: { message: 'OOM no memory' } },
      ]);
    },
  );

  it('fail together if the server has failed', async () => {
    const all = batches((sha) => (sha === BATCH.sha ? serverError('LOADING') : Promise.resolve('alone')));
    expect(await Promise.allSettled([1, 2, 3].map((n) => all.call(acquire(n))))).toMatchObject([
      { value: 'alone' },
      { reason: { message: 'LOADING' } },
      { reason: { message: 'LOADING' } },
    ]);
  });

  it('reject with what a client throws', async () => {
    let calls = 0;
    const { call } = batches(() => {
      if (calls++ > 0) throw new Error('thrown');
      return Promise.resolve('alone');
    });
    const both = await Promise.allSettled([call(acquire(1)), call(acquire(2))]);
    expect(both).toMatchObject([{ value: 'alone' }, { reason: { message: 'thrown' } }]);
  });
});
