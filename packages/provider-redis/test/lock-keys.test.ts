import { describe, expect, it } from '@jest/globals';
import { keyPattern, lockKeys, lockOfKey } from '../src/lock-keys.js';

describe('the keys of a lock', () => {
  it('are readable, and share a hash tag', () => {
    expect(lockKeys('shop/newsletter')).toEqual({
      lease: 'leased-jobs:{shop/newsletter}:lease',
      token: 'leased-jobs:{shop/newsletter}:token',
      record: 'leased-jobs:{shop/newsletter}:record',
    });
  });

  it.each([
    '}',
    '{}',
    '}{',
    '{',
    'a}b',
    '%',
    '%7D',
    'a b',
    '*',
    '[a]',
    '\n',
    '\0',
    'ä',
    'a\u0308',
    '锁',
    '😀',
    '\\',
    '"',
  ])('have one tag without braces for %j, and tell the name', (lock) => {
    const { lease } = lockKeys(lock);
    expect(lease).toMatch(/^leased-jobs:\{[^{}\s*?[\]\\]+\}:lease$/);
    expect(lockOfKey(lease)).toBe(lock);
  });

  it('are those of no other lock', () => {
    const names = ['a', 'A', 'ä', 'a\u0308', 'a%20', 'a ', 'a+', '%61', '/a', 'a/'];
    expect(new Set(names.map((name) => lockKeys(name).lease)).size).toBe(names.length);
  });

  it('are told from keys that are not ours', () => {
    for (const key of [
      'leased-jobs:a',
      'leased-jobs:{a}:other',
      'leased-jobs:{%}:lease',
      'x:{a}:lease',
      'leased-jobs:{}:lease',
    ])
      expect(lockOfKey(key)).toBeNull();
  });

  it('are found by a pattern in which nothing of the prefix is special', () => {
    expect(keyPattern('a*[b]?')).toBe('leased-jobs:{a%2A%5Bb%5D%3F*');
    expect(keyPattern('')).toBe('leased-jobs:{*');
    // Half a character is the beginning of some names, and of no encoded one.
    expect(keyPattern('\ud83d')).toBe('leased-jobs:{*');
  });
});
