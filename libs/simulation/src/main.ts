import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { shrink, simulate } from '@leased-jobs/testing';
import { addTo, noTotals, type Totals } from './totals.js';

// Plays the real core under faults drawn by seeds: `--seeds N [--from S]`, or one of them: `--seed S`.
const { values } = parseArgs({
  options: { seeds: { type: 'string' }, from: { type: 'string' }, seed: { type: 'string' } },
});

if (values.seed === undefined) await playMany(whole('seeds', 1_000), whole('from', 1));
else await playOne(whole('seed', 1), true);

async function playMany(seeds: number, from: number): Promise<void> {
  const began = performance.now();
  const stride = Math.min(availableParallelism(), Math.max(seeds, 1));
  const parts = Array.from({ length: stride }, (_, n) =>
    totalsOf({ from: from + n, to: from + seeds, stride }),
  );
  const totals = noTotals();
  for (const part of await Promise.all(parts)) addTo(totals, part);
  const failed = totals.failed.toSorted((a, b) => a - b);
  const [first] = failed;
  if (first !== undefined) await playOne(first, false);
  const seconds = (performance.now() - began) / 1_000;
  print(
    `${totals.seeds} seeds: ${(totals.simulated / 3_600_000).toFixed(1)} simulated hours, ${totals.grants} grants, ` +
      `${totals.runs} runs, ${totals.steps} steps, in ${seconds.toFixed(1)} s`,
  );
  for (const [kind, times] of Object.entries(totals.faults)) print(`  ${kind.padEnd(14)} ${times}`);
  print(
    `  ${failed.length} seeds with violations${failed.length > 0 ? `: ${failed.slice(0, 20).join(' ')}` : ''}`,
  );
  if (failed.length > 0) process.exitCode = 1;
}

/** Prints what went wrong with one seed, in the smallest world in which it does. */
async function playOne(seed: number, tellsOfSuccess: boolean): Promise<void> {
  const simulation = await simulate(seed);
  if (simulation.violations.length === 0) {
    if (tellsOfSuccess) print(`${simulation.history}\nSeed ${seed}: no violation.`);
    return;
  }
  const { scenario, history, violations } = await shrink(simulation);
  print(`${history}\n\n${JSON.stringify(scenario, null, 2)}\n`);
  for (const { invariant, message, at } of violations) {
    print(`${invariant} at ${(at / 1_000).toFixed(3)} s: ${message}`);
  }
  print(`Replay it with: npm run simulate -- --seed ${seed}\n`);
  process.exitCode = 1;
}

function totalsOf(range: {
  readonly from: number;
  readonly to: number;
  readonly stride: number;
}): Promise<Totals> {
  return new Promise((resolve, reject) => {
    // What a seed leaves behind is garbage at once: room for it costs a quarter less time.
    const resourceLimits = { maxYoungGenerationSizeMb: 64 };
    const worker = new Worker(new URL('worker.js', import.meta.url), { workerData: range, resourceLimits });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

function whole(name: 'seeds' | 'from' | 'seed', otherwise: number): number {
  const value = values[name] === undefined ? otherwise : Number(values[name]);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`--${name} is ${values[name]}. Choose a whole number from 0 on.`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
