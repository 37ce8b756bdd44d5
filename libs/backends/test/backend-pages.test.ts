import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const providers = readdirSync(join(root, 'packages')).filter((name) => name.startsWith('provider-'));

const HEADINGS = ['When to choose it', 'Configuration', 'Permissions needed', 'What it guarantees', 'Cost'];

describe('the page of each backend', () => {
  it.each(providers)('has the same headings: %s', (name) => {
    const headings = [...read(`packages/${name}/README.md`).matchAll(/^## (.+)$/gm)].map(([, text]) => text);
    expect(headings).toEqual(HEADINGS);
  });

  it.each(providers)('is led to from the root: %s', (name) => {
    expect(read('README.md')).toMatch(
      new RegExp(`^\\| \`${name.replace('provider-', '')}\` .*\\(packages/${name}\\)`, 'm'),
    );
  });

  it('is announced at the root with its headings', () => {
    expect(read('README.md')).toContain(HEADINGS.join(', ').toLowerCase());
  });
});
