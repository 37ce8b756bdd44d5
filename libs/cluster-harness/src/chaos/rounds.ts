import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatViolations, type Violation } from '../history/violation.js';
import { formatDisturbance } from './disturbance.js';
import { FakeClocks } from './fake-clock.js';
import { type ChaosBackend, makePlan, type Plan } from './plan.js';
import type { Print } from './print.js';
import { runTrial, type Trial } from './trial.js';

export interface RoundsOptions {
  readonly rounds: number;
  /** Of the first round; each further one has the next number. */
  readonly seed: number;
  readonly backends: readonly ChaosBackend[];
  readonly print: Print;
}

/**
 * Plays that many rounds on each backend, and resolves with whether nothing was wrong. The backends go side by side,
 * and so do rounds on blobs, which mostly wait.
 */
export async function playRounds({ rounds, seed, backends, print }: RoundsOptions): Promise<boolean> {
  print(`${rounds} rounds from seed ${seed} on ${backends.join(', ')}`);
  if (!FakeClocks.canBe) print('No clock is stepped, for there is no libfaketime: apt-get install faketime');
  const trials: Trial[] = [];
  const lanes = backends.flatMap((backend) => {
    const seeds = Array.from({ length: rounds }, (_, round) => seed + round);
    return Array.from({ length: SIDE_BY_SIDE[backend] }, async () => {
      for (let next = seeds.shift(); next !== undefined; next = seeds.shift()) {
        const trial = await runTrial(makePlan(next, backend));
        trials.push(trial);
        print(formatTrial(trial));
      }
    });
  });
  await Promise.all(lanes);
  print(formatTotals(trials));
  return trials.every(({ directory }) => directory === null);
}

const SIDE_BY_SIDE: Readonly<Record<ChaosBackend, number>> = { file: 1, redis: 1, 'azure-blob': 3 };

/** A line, and all that helps to find out why if something was wrong. */
export function formatTrial(trial: Trial): string {
  const { plan, done, runs, violations, problems, took, directory } = trial;
  const what = `seed ${plan.seed} ${plan.backend.padEnd(10)} ${formatShape(plan)}`;
  const found = violations.length + problems.length;
  const line = `${what}: ${runs} runs, ${count(done)}: ${found === 0 ? 'ok' : `${found} VIOLATIONS`} (${(took / 1_000).toFixed(0)} s)`;
  if (directory === null) return line;
  return [
    line,
    'The plan:',
    ...plan.disturbances.map((disturbance) => `  ${formatDisturbance(disturbance)}`),
    ...problems,
    `Found: ${count(violations.map(({ kind }) => kind))}. The first of each:`,
    formatViolations(firstOfEach(violations)),
    ...around(violations[0]?.entries.at(-1)?.at, directory),
    `The journals are kept in ${directory}`,
    `The same plan again: npm run chaos -- --rounds 1 --seed ${plan.seed} --backend ${plan.backend}`,
  ].join('\n');
}

function firstOfEach(violations: readonly Violation[]): readonly Violation[] {
  return violations.filter((one, index) => violations.findIndex(({ kind }) => kind === one.kind) === index);
}

/** The end of the history up to what was found first, without the steps. */
function around(at: number | undefined, directory: string): string[] {
  const lines = readFileSync(join(directory, 'history.txt'), 'utf8')
    .split('\n')
    .filter((line) => !line.includes(' step {'));
  const until = lines.findIndex((line) => at !== undefined && Number.parseFloat(line) > at);
  const end = until < 0 ? lines.length : until + 5;
  return [`The history there:`, ...lines.slice(Math.max(0, end - MOST_LINES), end)];
}

function formatShape({ instances, every, ttl, steps, stepTime }: Plan): string {
  return `${instances} instances, every ${every} ms, ttl ${ttl} ms, runs of ${steps * stepTime} ms`;
}

function formatTotals(trials: readonly Trial[]): string {
  const runs = trials.reduce((sum, trial) => sum + trial.runs, 0);
  const found = trials.reduce(
    (sum, { violations, problems }) => sum + violations.length + problems.length,
    0,
  );
  const leftOut = count(trials.flatMap((trial) => trial.leftOut));
  return [
    `${trials.length} clusters, ${runs} runs judged, ${found} violations`,
    `disturbances: ${count(trials.flatMap(({ done }) => done))}`,
    ...(leftOut ? [`left out, for want of a victim or of libfaketime: ${leftOut}`] : []),
  ].join('\n');
}

function count(kinds: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const kind of kinds.toSorted()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, times]) => `${kind} ×${times}`).join(', ');
}

const MOST_LINES = 40;
