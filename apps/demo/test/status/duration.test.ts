import { expect, it } from '@jest/globals';
import { duration } from '../../src/status/duration.js';

it.each([
  [0, '0 ms'],
  [999.4, '999 ms'],
  [1_000, '1 s'],
  [1_540, '1.5 s'],
  [9_960, '10 s'],
  [12_400, '12 s'],
  [300_000, '5 min'],
  [10_800_000, '3 h'],
])('says %p ms as a person would: %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});
