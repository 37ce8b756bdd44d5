import { describe, expect, it } from '@jest/globals';
import { lockNameProblem } from '../../src/lease/lock-name.js';

describe('the name of a lock', () => {
  it.each(['a', '{}', '}', '/', '.', '..', 'Ü', '锁', 'a'.repeat(256)])('may be %j', (name) => {
    expect(lockNameProblem(name)).toBeNull();
  });

  it.each([
    ['', 'cannot be called ""'],
    [undefined, 'cannot be called undefined'],
    ['a'.repeat(257), '257 bytes'],
    ['锁'.repeat(86), '258 bytes'],
    ['\ud800', 'well-formed'],
  ])('may not be %j', (name, problem) => {
    expect(lockNameProblem(name)).toContain(problem);
  });
});
