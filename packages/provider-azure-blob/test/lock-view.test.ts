import { describe, expect, it } from '@jest/globals';
import type { BlobView } from '../src/lock-blob.js';
import { newDocument } from '../src/lock-document.js';
import { heldRefusal, isUntouched, occupantOf, stateOf } from '../src/lock-view.js';

const NOW = 1_000_000;
const lease = {
  grantId: 'g',
  leaseId: 'l',
  holder: 'web-1',
  fencingToken: 7,
  expiresAt: NOW + 9_000,
  ttl: 20_000,
};
const released = { grantId: 'g', leaseId: 'l', ttl: 20_000, until: NOW + 100 };

const free: BlobView = { etag: '"1"', document: newDocument('news'), locked: false };
const held: BlobView = { ...free, document: { ...free.document, fencingToken: 7, lease }, locked: true };
const given: BlobView = { ...free, document: { ...free.document, fencingToken: 7, released }, locked: true };

describe('who has the lease on a blob', () => {
  it.each([
    ['nobody, if it is not leased', { ...held, locked: false }, NOW, 'nobody'],
    ['the holder in the document', held, NOW, 'holder'],
    ['the holder, though its first ttl is over', held, NOW + 60_000, 'holder'],
    ['a leftover of the last release', given, NOW, 'leftover'],
    ['a leftover, by a clock that is a little ahead', given, NOW + 1_000, 'leftover'],
    ['somebody else, once no leftover can stand any more', given, NOW + 1_200, 'somebody'],
    ['somebody, where nobody was ever granted the lock', { ...free, locked: true }, NOW, 'somebody'],
  ])('is %s', (_, view, now, occupant) => {
    expect(occupantOf(view, now)).toBe(occupant);
  });
});

describe('the state of a lock', () => {
  it('has no lease where the blob has none, whatever the document says', () => {
    expect(stateOf({ ...held, locked: false }, NOW).lease).toBeNull();
    expect(stateOf(given, NOW).lease).toBeNull();
  });

  it('has a lease that expires when the document says, or a whole ttl from now once it must have been renewed', () => {
    expect(stateOf(held, NOW).lease?.expiresAt).toBe(NOW + 9_000);
    expect(stateOf(held, NOW + 9_000).lease?.expiresAt).toBe(NOW + 29_000);
  });
});

describe('a refusal as held', () => {
  it('says to ask again when the lease expires, until it must have been renewed', () => {
    expect(heldRefusal(held, NOW, 15_000)).toEqual({
      refused: 'held',
      holder: 'web-1',
      expiresIn: 9_000,
      retryAfter: 9_000,
    });
  });

  it('says to ask again every quarter of the ttl from then on', () => {
    expect(heldRefusal(held, NOW + 10_000, 15_000)).toMatchObject({ expiresIn: 20_000, retryAfter: 5_000 });
  });

  it('names nobody where nobody is known', () => {
    for (const view of [{ ...free, locked: true }, given]) {
      expect(heldRefusal(view, NOW, 16_000)).toMatchObject({ holder: 'another instance', retryAfter: 4_000 });
    }
  });
});

describe('an untouched lock', () => {
  it('was never granted, and has no jobs', () => {
    expect(isUntouched(free)).toBe(true);
    expect(isUntouched(held)).toBe(false);
    const job = { lastSlot: null, heldOffUntil: 0, paused: true, recent: [] };
    expect(isUntouched({ ...free, document: { ...free.document, jobs: { send: job } } })).toBe(false);
  });
});
