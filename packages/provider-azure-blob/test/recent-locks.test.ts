import { describe, expect, it } from '@jest/globals';
import { RecentLocks } from '../src/recent-locks.js';

describe('what is remembered of the locks used last', () => {
  it('is given back until it is deleted', () => {
    const locks = new RecentLocks<number>();
    locks.set('a', 1);
    locks.set('a', 2);
    expect(locks.get('a')).toBe(2);
    locks.delete('a');
    expect(locks.get('a')).toBeUndefined();
  });

  it('is of so many locks at most, those that were set last', () => {
    const locks = new RecentLocks<number>(2);
    locks.set('a', 1);
    locks.set('b', 2);
    locks.set('a', 3);
    locks.set('c', 4);
    expect([locks.get('a'), locks.get('b'), locks.get('c')]).toEqual([3, undefined, 4]);
  });
});
