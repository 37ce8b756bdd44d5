import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type Fault, faulty } from '../src/fault.js';
import { FAULTS } from '../src/faults/index.js';

const ROOT = resolve(import.meta.dirname, '../../..');
const FAULT: Fault = {
  name: 'late',
  suffers: 'It comes too late.',
  file: 'a.ts',
  text: 'now',
  becomes: 'later',
  caughtBy: { file: 'a.test.ts', title: 'it comes now' },
};

describe('a fault', () => {
  it('changes its text, and nothing else', () => {
    expect(faulty('do it now $& or never', { ...FAULT, becomes: '$&' })).toBe('do it $& $& or never');
  });

  it.each([
    ['do it', 'late: its text is not in a.ts'],
    ['now, now', 'late: its text is 2 times in a.ts'],
  ])('does not apply to %j', (source, message) => {
    expect(() => faulty(source, FAULT)).toThrow(message);
  });
});

describe('the faults', () => {
  it('have names of their own', () => {
    expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
  });

  it.each(FAULTS.map((fault) => [fault.name, fault] as const))('still apply: %s', (_, fault) => {
    const source = readFileSync(resolve(ROOT, fault.file), 'utf8');
    expect(faulty(source, fault)).not.toBe(source);
    expect(readFileSync(resolve(ROOT, fault.caughtBy.file), 'utf8')).not.toBe('');
  });
});
