import { describe, expect, it } from '@jest/globals';
import { Observations } from '../src/observations.js';

describe('what was seen of a lock', () => {
  it('counts from its first sight until it changes', () => {
    const seen = new Observations();
    expect(seen.firstSeen('a', 'one', 10)).toBe(10);
    expect(seen.firstSeen('a', 'one', 20)).toBe(10);
    expect(seen.firstSeen('a', 'two', 30)).toBe(30);
    expect(seen.firstSeen('a', 'one', 40)).toBe(40);
  });

  it('counts anew once it was forgotten', () => {
    const seen = new Observations();
    seen.firstSeen('a', 'one', 10);
    seen.forget('a');
    expect(seen.firstSeen('a', 'one', 20)).toBe(20);
  });

  it('is kept of a limited number of locks, the oldest sights going first', () => {
    const seen = new Observations(2);
    for (const [at, lock] of ['a', 'b', 'c'].entries()) seen.firstSeen(lock, 'one', at);
    expect(seen.firstSeen('b', 'one', 9)).toBe(1);
    expect(seen.firstSeen('a', 'one', 9)).toBe(9);
  });
});
