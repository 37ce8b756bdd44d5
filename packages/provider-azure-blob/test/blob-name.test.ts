import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { blobName, blobPrefix, lockOfBlob } from '../src/blob-name.js';

const anyLock = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
const oddLock = fc.string({
  unit: fc.constantFrom('.', '/', '%', 'a', 'A', '%2E', '\\', ' ', '锁'),
  maxLength: 12,
});

describe("the name of a lock's blob", () => {
  it.each([
    ['news', 'news.json'],
    ['shop/production/Newsletter.send', 'shop/production/Newsletter.send.json'],
    ['a b:c', 'a%20b:c.json'],
    ['.', '%2E.json'],
    ['a/../b', 'a/%2E./b.json'],
    ['/a//b', '%2Fa/%2Fb.json'],
    ['50%', '50%25.json'],
    ['锁', '%E9%94%81.json'],
  ])('of %s is %s', (lock, name) => {
    expect(blobName(lock)).toBe(name);
  });

  it('leads back to the lock, so no two locks share one', () => {
    fc.assert(
      fc.property(fc.oneof(anyLock, oddLock), (lock) => {
        expect(lockOfBlob(blobName(lock))).toBe(lock);
      }),
    );
  });

  it('has no segment that is empty, begins with a dot, or ends the name in a dot or a slash', () => {
    fc.assert(
      fc.property(fc.oneof(anyLock, oddLock), (lock) => {
        const segments = blobName(lock).split('/');
        for (const segment of segments.slice(0, -1)) expect(segment).toMatch(/^[\w%:-][\w%:.-]*$/);
        expect(segments.at(-1)).toMatch(/^(\.json|[\w%:-][\w%:.-]*\.json)$/);
      }),
    );
  });

  it('begins as the encoded beginning of the lock does', () => {
    fc.assert(
      fc.property(fc.oneof(anyLock, oddLock), fc.oneof(anyLock, oddLock), (beginning, rest) => {
        fc.pre((beginning + rest).isWellFormed() && beginning.isWellFormed());
        expect(blobName(beginning + rest).startsWith(blobPrefix(beginning))).toBe(true);
      }),
    );
  });

  it('stays below the 1,024 characters that Azure takes, for the longest lock', () => {
    expect(blobName('锁'.repeat(85)).length).toBeLessThan(1_024);
    expect(blobName(' '.repeat(256)).length).toBeLessThan(1_024);
  });

  it.each(['news', 'news.txt', 'a b.json', '%zz.json', '%61.json', '../a.json', '%.json'])(
    'is not %s, for any lock',
    (name) => {
      expect(lockOfBlob(name)).toBeNull();
    },
  );
});
