import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { brokenLinks, compileExamples, type Example, extractExamples } from '../src/index.js';

/** Pages that quote whole files, which are compiled and run where they are; a test there compares them. */
const QUOTING = ['packages/testing/README.md'];
const root = join(import.meta.dirname, '../../..');

/** All but those in `docs/recipes`, whose examples have a test of their own. */
function pages(): readonly string[] {
  const packages = ['packages', 'apps'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => `${folder}/${name}/README.md`),
  );
  const docs = existsSync(join(root, 'docs'))
    ? readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)
    : [];
  return ['README.md', ...packages, ...docs].filter(
    (page) => page.endsWith('.md') && existsSync(join(root, page)) && !QUOTING.includes(page),
  );
}

function examplesOf(page: string): readonly Example[] {
  return extractExamples(page, readFileSync(join(root, page), 'utf8'));
}

describe('the examples in the documentation', () => {
  it('compile, strictly, against the packages as they are', () => {
    const examples = pages().flatMap(examplesOf);
    expect(examples.filter(({ page }) => page === 'README.md').length).toBeGreaterThan(1);
    expect(compileExamples(root, examples)).toEqual([]);
  }, 60_000);

  it('would be reported with their page and line if they did not', () => {
    const markdown = 'Text.\n\n```ts\nconst fine = 1;\nconst wrong: string = 1;\n```\n';
    expect(compileExamples(root, extractExamples('a.md', markdown))).toEqual([
      "a.md:5: Type 'number' is not assignable to type 'string'.",
    ]);
  }, 60_000);
});

describe('the links in the documentation', () => {
  const recipes = readdirSync(join(root, 'docs/recipes')).map((name) => `docs/recipes/${name}`);

  it('lead to files and headings that are there', () => {
    const all = [...pages(), ...QUOTING, ...recipes, 'CHANGELOG.md', 'CONTRIBUTING.md'];
    expect(all.flatMap((page) => brokenLinks(root, page))).toEqual([]);
  });

  it('would be reported with their page and line if they did not', () => {
    const folder = mkdtempSync(join(tmpdir(), 'links-'));
    writeFileSync(
      join(folder, 'a.md'),
      '# Why `A`?\n\n[here](#why-a) [nowhere](#b)\n[web](https://c.example)\n[file](d.md)\n',
    );
    expect(brokenLinks(folder, 'a.md')).toEqual(['a.md:3: #b', 'a.md:5: d.md']);
    rmSync(folder, { recursive: true });
  });
});
