import { describe, expect, it } from '@jest/globals';
import { type AcquireDecision, decideAcquire } from '../src/acquire-decision.js';
import type { BlobView } from '../src/lock-blob.js';
import { newDocument } from '../src/lock-document.js';
import { absent } from '../src/lock-view.js';

const NOW = 1_700_000_000_000;
const REQUEST = { lock: 'news', grantId: 'mine', holder: 'web-1', ttl: 15_000 };
const document = { ...newDocument('news'), fencingToken: 7 };
const released = { grantId: 'theirs', leaseId: 'left', ttl: 15_000, until: NOW + 9_000 };
const lease = {
  grantId: 'theirs',
  leaseId: 'left',
  holder: 'web-2',
  fencingToken: 7,
  expiresAt: NOW + 9_000,
  ttl: 15_000,
};
const free: BlobView = { etag: '"1"', document, locked: false };
const leftover: BlobView = { ...free, document: { ...document, released }, locked: true };
const held: BlobView = { ...free, document: { ...document, lease }, locked: true };

function granted(view: BlobView, attempt: Parameters<typeof decideAcquire>[2] = null): AcquireDecision {
  const decision = decideAcquire(REQUEST, view, attempt, NOW);
  if ('refused' in decision) throw new Error(`refused: ${decision.refused}`);
  return decision;
}

describe('what is done to be granted a lock', () => {
  it('is to lease the blob under the own grant id, where no lease stands on it', () => {
    for (const view of [absent('news'), free, { ...leftover, locked: false }, { ...held, locked: false }]) {
      expect(granted(view)).toMatchObject({ lease: { leaseId: 'mine' }, obstacle: null });
    }
  });

  it('is to begin a leftover lease anew, if it had the same ttl', () => {
    expect(granted(leftover)).toMatchObject({ lease: { leaseId: 'left' }, obstacle: null });
  });

  it('is to end a leftover lease that had another ttl', () => {
    const other = { ...leftover, document: { ...document, released: { ...released, ttl: 60_000 } } };
    expect(granted(other)).toMatchObject({ lease: { leaseId: 'mine' }, obstacle: 'left' });
  });

  it('is to lease under the id of the attempt whose answer was lost', () => {
    const attempt = { grantId: 'mine', leaseId: 'tried', etag: '"1"' };
    for (const view of [leftover, held, { ...free, locked: true }]) {
      expect(granted(view, attempt)).toMatchObject({ lease: { leaseId: 'tried' }, obstacle: null });
    }
  });

  it('is to lease once more, and to write nothing, where the grant is in the document already', () => {
    const view = { ...held, document: { ...document, lease: { ...lease, grantId: 'mine' } } };
    expect(granted(view)).toMatchObject({
      grant: { fencingToken: 7 },
      lease: { leaseId: 'left' },
      document: null,
    });
  });

  it('is nothing while somebody holds the lock, or is about to', () => {
    expect(decideAcquire(REQUEST, held, null, NOW)).toMatchObject({ refused: 'held', holder: 'web-2' });
    const taken = { ...free, locked: true };
    expect(decideAcquire(REQUEST, taken, null, NOW)).toMatchObject({ refused: 'held', retryAfter: 3_750 });
  });

  it('gives a token that is greater than the last one, and not behind the clock', () => {
    expect(granted(free).grant.fencingToken).toBe(NOW * 1_000);
    const ahead = { ...free, document: { ...document, fencingToken: NOW * 1_000 + 5 } };
    expect(granted(ahead).grant.fencingToken).toBe(NOW * 1_000 + 6);
    expect(granted(absent('news')).grant.fencingToken).toBe((NOW + 5_000) * 1_000);
    // Somebody was faster to make the blob anew, and has granted nothing yet.
    expect(granted({ ...absent('news'), etag: 'new' }).grant.fencingToken).toBe((NOW + 5_000) * 1_000);
  });
});
