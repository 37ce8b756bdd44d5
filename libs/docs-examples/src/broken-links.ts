import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The links of a page to other pages and files of the repository that lead nowhere: to a file that is not there, or to a
 * heading that its page does not have. What is on the web is not looked at.
 *
 * @returns one line each: page, line on the page, and the link.
 */
export function brokenLinks(root: string, page: string): readonly string[] {
  return linesOf(join(root, page)).flatMap((line, index) =>
    [...line.matchAll(LINK)]
      .map(([, target = '']) => target)
      .filter((target) => !/^[a-z]+:/.test(target) && !leadsSomewhere(root, page, target))
      .map((target) => `${page}:${index + 1}: ${target}`),
  );
}

function leadsSomewhere(root: string, page: string, target: string): boolean {
  const [path = '', heading] = target.split('#');
  const file = path === '' ? join(root, page) : join(root, dirname(page), path);
  if (!existsSync(file)) return false;
  if (heading === undefined) return true;
  const shown = statSync(file).isDirectory() ? join(file, 'README.md') : file;
  return linesOf(shown).some((line) => /^#+ /.test(line) && anchorOf(line) === heading);
}

/** As the usual viewers make it of a heading. */
function anchorOf(line: string): string {
  return line
    .replace(/^#+ /, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}

/** Without blocks of code, which keep their place. */
function linesOf(file: string): readonly string[] {
  let isCode = false;
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => {
      const isFence = line.trimStart().startsWith('```');
      if (isFence) isCode = !isCode;
      return isCode || isFence ? '' : line;
    });
}

const LINK = /\]\(([^)\s]+)\)/g;
