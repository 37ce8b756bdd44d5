import { type Fault, faulty } from './fault.js';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asTable, type Finding } from './finding.js';
import { runCases } from './jest-run.js';
import { type JestResults, verdictOn } from './jest-verdict.js';
import { WorkspaceCopy } from './workspace-copy.js';

export interface HuntOptions {
  /** Of the repository. Nothing is changed in it. */
  readonly root: string;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Puts each fault into a copy of the repository and runs the case that is to catch it there, after all those cases have
 * passed without any fault. Returns whether every fault was caught.
 */
export async function hunt(faults: readonly Fault[], { root, say, signal }: HuntOptions): Promise<boolean> {
  await using copy = await WorkspaceCopy.of(root);
  const cases = faults.map(({ caughtBy }) => caughtBy);
  const sound = await runCases({ root: copy.path, cases, timeout: SOUND_TIMEOUT, signal });
  const table = asTable(faults);
  say(table.head);
  let caught = 0;
  for (const fault of faults) {
    const startedAt = performance.now();
    const finding = await findingOn(fault, sound, copy, signal);
    if (finding.outcome === 'caught') caught++;
    say(table.row(fault, finding, (performance.now() - startedAt) / 1_000));
  }
  say(`\n${caught} of ${faults.length} faults were caught.`);
  return caught === faults.length;
}

async function findingOn(
  fault: Fault,
  sound: JestResults,
  copy: WorkspaceCopy,
  signal: AbortSignal,
): Promise<Finding> {
  const { caughtBy } = fault;
  const without = verdictOn(caughtBy, sound);
  if (without.verdict !== 'passed') return { outcome: 'NOT SOUND', why: without.why };
  try {
    faulty(await readFile(join(copy.path, fault.file), 'utf8'), fault);
  } catch (error) {
    return { outcome: 'NOT APPLIED', why: (error as Error).message };
  }
  try {
    const results = await copy.withFault(fault, () =>
      runCases({ root: copy.path, cases: [caughtBy], timeout: FAULTY_TIMEOUT, signal }),
    );
    const verdict = verdictOn(caughtBy, results);
    if (verdict.verdict === 'passed') return { outcome: 'SURVIVED', why: fault.suffers };
    return { outcome: verdict.verdict === 'failed' ? 'caught' : 'PROVES NOTHING', why: verdict.why };
  } catch (error) {
    signal.throwIfAborted();
    return { outcome: 'PROVES NOTHING', why: (error as Error).message };
  }
}

/** Milliseconds. All cases together, without a fault; and one of them with a fault, which may hang. */
const SOUND_TIMEOUT = 600_000;
const FAULTY_TIMEOUT = 120_000;
