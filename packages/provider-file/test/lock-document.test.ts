import { describe, expect, it } from '@jest/globals';
import { NEW_LOCK, StoreError } from '@leased-jobs/core';
import { FORMAT, type LockDocument, parseDocument, serializeDocument } from '../src/lock-document.js';

const DOCUMENT: LockDocument = {
  format: FORMAT,
  lock: 'news',
  clock: { id: 'boot', now: 5 },
  ttl: 10,
  process: { space: null, pid: 1, startTime: null },
  state: { ...NEW_LOCK, lease: { grantId: 'g', holder: 'h', fencingToken: 1, expiresAt: 15 } },
};

describe('the document of a lock', () => {
  it('is read as it was written, by people too', () => {
    const text = serializeDocument(DOCUMENT);
    expect(parse(text)).toEqual(DOCUMENT);
    expect(text).toContain('\n  "lock": "news",\n');
  });

  it.each(['', '\0\0\0\0', '{"format": 1, "lock"'])('is damaged if its text is %j', (text) => {
    expect(parse(text)).toBeNull();
  });

  it.each([
    ['of another lock', { lock: 'olds' }],
    ['of another format', { format: 2 }],
    ['without a clock', { clock: null }],
    ['without a ttl', { ttl: null }],
    ['of a strange process', { process: { pid: 'x' } }],
    ['of a process without a start time', { process: { pid: 1, space: null } }],
    ['without a state', { state: undefined }],
    ['with a strange lease', { state: { ...DOCUMENT.state, lease: {} } }],
    ['without jobs', { state: { ...DOCUMENT.state, jobs: [] } }],
    ['with a strange job', { state: { ...DOCUMENT.state, jobs: { a: {} } } }],
  ])('is refused as invalid if it is one %s', (_, change) => {
    const text = JSON.stringify({ ...DOCUMENT, ...change });
    expect(() => parse(text)).toThrow(StoreError);
    expect(() => parse(text)).toThrow(/"\/x\/1\.json" is not what this provider has written/);
  });

  it('is refused as invalid if it is no object at all', () => {
    expect(() => parse('7')).toThrow(StoreError);
  });

  it('may be of any lock where nobody knows which', () => {
    expect(parseDocument(serializeDocument(DOCUMENT), null, '/x/1.json')?.lock).toBe('news');
  });
});

function parse(text: string): LockDocument | null {
  return parseDocument(text, 'news', '/x/1.json');
}
