import type { TestCase } from './fault.js';

/**
 * - `passed`, `failed`: of the case itself.
 * - `not run`: there is no such case, or something else has failed than what it checks: its file does not load, a hook did
 *   not end. That proves nothing.
 */
export type Verdict =
  { readonly verdict: 'passed' } | { readonly verdict: 'failed' | 'not run'; readonly why: string };

/** What Jest writes with `--json`, as far as we read it. */
export interface JestResults {
  readonly testResults: readonly {
    /** The path of the test file. */
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** What has become of a case that was run alone or among others. */
export function verdictOn({ file, title }: TestCase, { testResults }: JestResults): Verdict {
  const suite = testResults.find(({ name }) => name.endsWith(`/${file}`));
  if (!suite) return { verdict: 'not run', why: `there is no ${file}` };
  const cases = suite.assertionResults.filter(({ fullName }) => fullName === title);
  const ran = cases.find(({ status }) => status === 'passed' || status === 'failed');
  if (!ran) return { verdict: 'not run', why: firstLine(suite.message) || `there is no case "${title}"` };
  if (cases.length > 1) return { verdict: 'not run', why: `there are ${cases.length} cases "${title}"` };
  if (ran.status === 'passed') return { verdict: 'passed' };
  const message = ran.failureMessages[0] ?? '';
  return { verdict: PROVES_NOTHING.test(message) ? 'not run' : 'failed', why: firstLine(message) };
}

function firstLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- Jest colours its messages
  const plain = text.replaceAll(/\u001B\[\d+m/g, '');
  return plain.split('\n').find((line) => line.trim() !== '') ?? '';
}

/** A fault that is no program, or a set-up that failed. */
const PROVES_NOTHING = /^(SyntaxError|ReferenceError)\b|for a hook/;
