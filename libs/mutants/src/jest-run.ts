import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestCase } from './fault.js';
import type { JestResults } from './jest-verdict.js';
import { JEST_CONFIG } from './workspace-copy.js';

export interface JestRun {
  /** The path of a `WorkspaceCopy`. */
  readonly root: string;
  readonly cases: readonly TestCase[];
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/**
 * Runs these cases, and no others, each once.
 *
 * @throws Error if Jest gave no results in time, or none at all; the signal's reason once that has aborted.
 */
export async function runCases({ root, cases, timeout, signal }: JestRun): Promise<JestResults> {
  const results = join(root, 'results.json');
  await rm(results, { force: true });
  const files = [...new Set(cases.map(({ file }) => join(root, file)))];
  const titles = [
    ...new Set(cases.map(({ title }) => title.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`))),
  ];
  const run = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
  const jest = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--no-warnings=ExperimentalWarning',
      join(root, 'node_modules/jest/bin/jest.js'),
      `--config=${join(root, JEST_CONFIG)}`,
      '--json',
      `--outputFile=${results}`,
      '--silent',
      '--watchman=false',
      `--testNamePattern=^(${titles.join('|')})$`,
      '--runTestsByPath',
      ...files,
    ],
    { cwd: root, stdio: ['ignore', 'ignore', 'pipe'], killSignal: 'SIGKILL', signal: run },
  );
  let said = '';
  jest.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  try {
    await once(jest, 'close');
  } catch (error) {
    signal.throwIfAborted();
    if (run.aborted) throw new Error(`Jest did not end within ${timeout / 1_000} s.`, { cause: error });
    throw error;
  }
  try {
    return JSON.parse(await readFile(results, 'utf8')) as JestResults;
  } catch (cause) {
    throw new Error(`Jest gave no results. It said:\n${said.slice(-2_000)}`, { cause });
  }
}
