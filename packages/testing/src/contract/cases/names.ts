import assert from 'node:assert/strict';
import { contractCase } from '../contract-case.js';
import { failureOf } from '../store-failure.js';

/** C12: any name will do, and no two names are one lock. */
export const nameCases = [
  contractCase('C12', 'any name of 1 to 256 bytes is a lock of its own', async (bench) => {
    const [a, b] = [await bench.connect(), await bench.connect()];
    const names = [...BARE_NAMES, ...ODD_ENDINGS.map((end) => bench.lock + end)];
    names.push(bench.lock.padEnd(256, 'x'), bench.lock.padEnd(255, 'x'), paddedTo256Bytes(bench.lock, '锁'));
    const held = new Map<string, number>();
    const grants = [];
    for (const lock of names) {
      const grant = await a.granted({ lock });
      grants.push(grant);
      held.set(lock, grant.fencingToken);
    }
    for (const lock of names) {
      await b.refused('held', { lock });
      const record = await b.record(lock);
      assert.deepEqual([record.lock, record.fencingToken], [lock, held.get(lock)]);
    }
    for (const grant of grants) await a.release(grant);
  }),

  contractCase('C12', 'a job may be called as oddly as a lock', async (bench) => {
    const a = await bench.connect();
    const names = [...BARE_NAMES, ...ODD_ENDINGS];
    for (const [n, name] of names.entries()) {
      const grant = await a.granted({ job: bench.claim(name, bench.slot(n)) });
      assert.equal(grant.lastSlot, null, `"${name}" is taken for another job`);
      await a.release(grant, { job: { name, slot: bench.slot(n) } });
    }
    const { jobs } = await a.record();
    assert.deepEqual(Object.keys(jobs).toSorted(), names.toSorted());
    for (const [n, name] of names.entries()) assert.equal(jobs[name]?.lastSlot, bench.slot(n), name);
  }),

  contractCase('C12', 'a name that is none is refused before anything is sent', async (bench) => {
    const a = await bench.connect();
    await a.read();
    const refusal = await bench.disturb('refused', 1);
    const signal = new AbortController().signal;
    for (const lock of ['', 'x'.repeat(257), '锁'.repeat(86), '\ud800']) {
      for (const call of [
        () => a.acquire({ lock }),
        () => a.read(lock),
        () => a.provider.setPaused(lock, 'job', true, signal),
      ]) {
        const thrown = await failureOf(call(), `the name ${JSON.stringify(lock)}`);
        assert.ok(thrown instanceof RangeError, `${JSON.stringify(lock)}: ${String(thrown)}`);
      }
    }
    assert.equal(refusal.struck, false, 'something was sent');
  }),

  contractCase(
    'C12',
    'a list has every lock whose name begins with the prefix, and no other',
    async (bench) => {
      const [a, b] = [await bench.connect(), await bench.connect()];
      const root = `${bench.lock}:`;
      const tokens = new Map<string, number>();
      for (const end of ['*a', '*b', 'ba', '%a', '_a', '[b]a', '/a/b', '/a', 'Ba', 'é']) {
        const grant = await a.granted({ lock: root + end });
        tokens.set(grant.lock, grant.fencingToken);
        await a.release(grant);
      }
      for (const prefix of ['', '*', '%', '_', '[b]', '/', '/a', '/a/', 'b', 'é', 'none']) {
        const records = await b.list(root + prefix);
        const expected = [...tokens].filter(([lock]) => lock.startsWith(root + prefix));
        assert.deepEqual(
          new Map(records.map((record) => [record.lock, record.fencingToken])),
          new Map(expected),
        );
        assert.equal(records.length, expected.length, 'a lock is listed twice');
      }
      const all = (await b.list('')).map((record) => record.lock);
      assert.ok(
        [...tokens.keys()].every((lock) => all.includes(lock)),
        'an empty prefix does not list all',
      );
    },
  ),
];

const BARE_NAMES = ['.', '..', '/', '~', '}', '{}', '*', '%', '__proto__', 'constructor', 'CON'];

const ODD_ENDINGS = [
  'a',
  'A',
  'ä',
  'a\u0308',
  '锁',
  '😀',
  'a.',
  'a ',
  ' a',
  '.json',
  '.lock',
  '.1',
  '#',
  '?',
  '&',
  '+',
  '//',
  '/a',
  '/../a',
  '\\a',
  ':',
  '%2F',
  '%252F',
  '{a}',
  '}{',
  '"',
  "'",
  '\n',
  '\0',
  '\u007f',
];

function paddedTo256Bytes(start: string, character: string): string {
  const free = 256 - Buffer.byteLength(start);
  const size = Buffer.byteLength(character);
  return start + character.repeat(Math.floor(free / size)) + 'x'.repeat(free % size);
}
