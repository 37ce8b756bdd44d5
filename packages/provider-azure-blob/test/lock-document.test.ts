import { describe, expect, it } from '@jest/globals';
import { type LockDocument, newDocument, parseDocument, serializeDocument } from '../src/lock-document.js';

const DOCUMENT: LockDocument = {
  format: 1,
  lock: 'news',
  fencingToken: 7,
  lease: { grantId: 'g', leaseId: 'l', holder: 'web-1', fencingToken: 7, expiresAt: 2_000, ttl: 15_000 },
  released: { grantId: 'f', leaseId: 'l', ttl: 15_000, until: 1_000 },
  jobs: { send: { lastSlot: 1, heldOffUntil: 0, paused: false, recent: [] } },
};

describe('the document of a lock', () => {
  it.each([DOCUMENT, newDocument('news')])('is read as it was written', (document) => {
    expect(parseDocument(serializeDocument(document), 'news', '"c/news.json"')).toEqual(document);
  });

  it.each([
    ['', 'no JSON'],
    ['{', 'no JSON'],
    ['null', 'no object'],
    ['[]', 'no object'],
    [{ ...DOCUMENT, format: 2 }, 'format'],
    [{ ...DOCUMENT, lock: 'other' }, 'another lock'],
    [{ ...DOCUMENT, fencingToken: -1 }, 'fencing token'],
    [{ ...DOCUMENT, fencingToken: 1.5 }, 'fencing token'],
    [{ ...DOCUMENT, fencingToken: '7' }, 'fencing token'],
    [{ ...DOCUMENT, lease: undefined }, 'lease is malformed'],
    [{ ...DOCUMENT, lease: { ...DOCUMENT.lease, leaseId: 3 } }, 'lease is malformed'],
    [{ ...DOCUMENT, lease: { ...DOCUMENT.lease, ttl: null } }, 'lease is malformed'],
    [{ ...DOCUMENT, released: 'yes' }, 'release is malformed'],
    [{ ...DOCUMENT, released: { ...DOCUMENT.released, until: 'never' } }, 'release is malformed'],
    [{ ...DOCUMENT, jobs: null }, 'jobs are missing'],
    [{ ...DOCUMENT, jobs: { send: {} } }, 'jobs are malformed'],
    [{ ...DOCUMENT, jobs: { send: { ...DOCUMENT.jobs['send'], paused: 1 } } }, 'jobs are malformed'],
  ])('is not %j', (content, problem) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    const parse = (): unknown => parseDocument(text, 'news', '"c/news.json"');
    expect(parse).toThrow(`The blob "c/news.json" is not what this provider has written: it`);
    expect(parse).toThrow(problem);
  });

  it('may have jobs with any name', () => {
    const job = { lastSlot: null, heldOffUntil: 0, paused: true, recent: [] };
    const text = serializeDocument({
      ...newDocument('news'),
      jobs: { ['__proto__']: job, constructor: job },
    });
    expect(Object.keys(parseDocument(text, 'news', '').jobs)).toEqual(['__proto__', 'constructor']);
  });
});
