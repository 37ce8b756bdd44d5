import { describe, expect, it } from '@jest/globals';
import { askingAgainAfter } from '../../src/lease/asking-again.js';

/** The least and the most that chance makes of it. */
function range(waiting: Parameters<typeof askingAgainAfter>[0]): readonly number[] {
  return [0, 0.999_999].map((chance) =>
    Math.round(askingAgainAfter(waiting, { next: () => chance, uuid: () => '' })),
  );
}

describe('who waits for a lock asks again', () => {
  const told = { isWanted: false, waited: 0, isTold: true };
  const untold = { ...told, isTold: false };

  it('at the time that was named where releases are told, and at most two seconds later', () => {
    expect(range({ ...told, named: 10_000 })).toEqual([10_000, 11_000]);
    expect(range({ ...told, named: 30_000 })).toEqual([30_000, 32_000]);
  });

  it('about once a second where they are not, and later on after a tenth of the wait or so', () => {
    expect(range({ ...untold, named: 15_000 })).toEqual([500, 1_500]);
    expect(range({ ...untold, named: 15_000, waited: 60_000 })).toEqual([3_000, 9_000]);
  });

  it('soon after a lease expires, and not all at once', () => {
    expect(range({ ...untold, named: 10 })).toEqual([10, 1_010]);
  });

  it('when the store wants to be asked, if that is soon', () => {
    expect(range({ ...untold, named: 250, isWanted: true })).toEqual([250, 275]);
    expect(range({ ...untold, named: 4_000, isWanted: true })).toEqual([500, 1_500]);
  });
});
