import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isLockFolder, lockFolderName, lockOfFolder } from '../src/lock-folder-name.js';

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });

describe('the folder of a lock', () => {
  it.each([
    ['newsletter', 'newsletter'],
    ['app:dev:Letter.send', 'app%3adev%3a%4cetter.send'],
    ['.', '%2e'],
    ['..', '%2e%2e'],
    ['...', '%2e.%2e'],
    ['.tmp', '%2etmp'],
    ['a/../b', 'a%2f..%2fb'],
    ['%41', '%2541'],
    ['锁', '%e9%94%81'],
  ])('of %j is %j', (lock, folder) => {
    expect(lockFolderName(lock)).toBe(folder);
    expect(lockOfFolder(folder)).toBe(lock);
  });

  it('tells its lock, and no two locks share one, even where case and normal forms are ignored', () => {
    fc.assert(
      fc.property(name, name, (a, b) => {
        const fold = (lock: string): string => lockFolderName(lock).toLowerCase().normalize();
        const folder = lockFolderName(a);
        expect(lockOfFolder(folder)).toBe(folder.includes('%sha256-') ? null : a);
        expect(fold(a) === fold(b)).toBe(a === b);
      }),
    );
  });

  it('has a name that any file system can hold, however long the name of the lock', () => {
    const long = [
      '锁'.repeat(85),
      '锁'.repeat(84),
      'A'.repeat(256),
      'a'.repeat(256),
      'a'.repeat(255),
      '.'.repeat(256),
    ];
    const names = long.map(lockFolderName);
    expect(Math.max(...names.map((folder) => folder.length))).toBeLessThanOrEqual(200);
    expect(new Set(names).size).toBe(long.length);
    for (const folder of names) {
      expect(folder).toMatch(/^(%[0-9a-f]{2}|[a-z0-9_.-])*%sha256-[0-9a-f]{64}$/);
      expect(lockOfFolder(folder)).toBeNull();
      expect(isLockFolder(folder)).toBe(true);
    }
  });

  it.each(['.tmp', 'lost+found', 'News', '%4E', '%zz', '%ff', 'a b'])('is never called %j', (folder) => {
    expect(isLockFolder(folder)).toBe(false);
  });
});
