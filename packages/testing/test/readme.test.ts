import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const FENCE = '```';

describe('the readme', () => {
  const text = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
  const examples = [...text.matchAll(new RegExp(`${FENCE}ts\\n(.*?)\\n${FENCE}`, 'gs'))].map(
    ([, code]) => code,
  );

  it('has examples', () => {
    expect(examples.length).toBeGreaterThan(3);
  });

  it.each([...examples.entries()])('quotes what is compiled and tested, in example %d', (_, example) => {
    const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8').trim());
    expect(files).toContain(example);
  });
});
