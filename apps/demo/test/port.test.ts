import { describe, expect, it } from '@jest/globals';
import { parsePort } from '../src/port.js';

describe('the port', () => {
  it('is 3000 unless PORT says something', () => {
    expect(parsePort(undefined)).toBe(3_000);
    expect(parsePort('')).toBe(3_000);
    expect(parsePort('65535')).toBe(65_535);
  });

  it.each(['0', '65536', '-1', '3e3', ' 80', 'http'])('cannot be %p', (text) => {
    expect(() => parsePort(text)).toThrow(
      `PORT is ${JSON.stringify(text)}. Choose a whole number from 1 to 65535.`,
    );
  });
});
