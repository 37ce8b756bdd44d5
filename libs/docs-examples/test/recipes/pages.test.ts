import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { extractExamples } from '../../src/index.js';

const root = join(import.meta.dirname, '../../../..');
const code = join(root, 'libs/docs-examples/src/recipes');
const pages = join(root, 'docs/recipes');

const namesIn = (folder: string, ending: string): readonly string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .map((file) => basename(file, ending))
    .toSorted();

describe('the pages of the recipes', () => {
  it('are one for each recipe that is compiled and run here', () => {
    expect(namesIn(pages, '.md')).toEqual(namesIn(code, '.ts'));
    expect(namesIn(import.meta.dirname, '.test.ts')).toEqual(
      expect.arrayContaining([...namesIn(code, '.ts')]),
    );
  });

  it.each(namesIn(code, '.ts'))('quote it as it is: %s', (name) => {
    const page = readFileSync(join(pages, `${name}.md`), 'utf8');
    const examples = extractExamples(name, page).map((example) => example.code);
    expect(examples).toEqual([readFileSync(join(code, `${name}.ts`), 'utf8').trim()]);
  });
});
