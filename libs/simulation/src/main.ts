import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { type KindName, kindNames, shrink, simulate } from '@leased-jobs/testing';
import { addTo, noTotals, type Totals } from './totals.js';

// Plays the real core under faults drawn by seeds: `--seeds N [--from S]`, or one of them: `--seed S`. `--kind` says what
// is played, and `all` plays one kind after the other.
const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string' },
    seed: { type: 'string' },
    kind: { type: 'string', default: 'intervals' },
  },
});

for (const kind of chosenKinds(values.kind)) {
  if (values.seed === undefined) await playMany(kind, whole('seeds', 1_000), whole('from', 1));
  else await playOne(kind, whole('seed', 1), true);
}

async function playMany(kind: KindName, seeds: number, from: number): Promise<void> {
  const began = performance.now();
  const stride = Math.min(availableParallelism(), Math.max(seeds, 1));
  const parts = Array.from({ length: stride }, (_, n) =>
    totalsOf({ kind, from: from + n, to: from + seeds, stride }),
  );
  const totals = noTotals();
  for (const part of await Promise.all(parts)) addTo(totals, part);
  const failed = totals.failed.toSorted((a, b) => a - b);
  const [first] = failed;
  if (first !== undefined) await playOne(kind, first, false);
  const seconds = (performance.now() - began) / 1_000;
  print(
    `${kind}: ${totals.seeds} seeds, ${(totals.simulated / 3_600_000).toFixed(1)} simulated hours, ${totals.grants} grants, ` +
      `${totals.runs} runs, ${totals.steps} steps, in ${seconds.toFixed(1)} s`,
  );
  for (const [fault, times] of Object.entries(totals.faults)) print(`  ${fault.padEnd(14)} ${times}`);
  print(
    `  ${failed.length} seeds with violations${failed.length > 0 ? `: ${failed.slice(0, 20).join(' ')}` : ''}`,
  );
  if (failed.length > 0) process.exitCode = 1;
}

/** Prints what went wrong with one seed, in the smallest world in which it does. */
async function playOne(kind: KindName, seed: number, tellsOfSuccess: boolean): Promise<void> {
  const simulation = await simulate(seed, { kind });
  if (simulation.violations.length === 0) {
    if (tellsOfSuccess) print(`${simulation.history}\nSeed ${seed} of ${kind}: no violation.`);
    return;
  }
  const { scenario, history, violations } = await shrink(simulation);
  print(`${history}\n\n${JSON.stringify(scenario, null, 2)}\n`);
  for (const { invariant, message, at } of violations) {
    print(`${invariant} at ${(at / 1_000).toFixed(3)} s: ${message}`);
  }
  print(`Replay it with: npm run simulate -- --kind ${kind} --seed ${seed}\n`);
  process.exitCode = 1;
}

function totalsOf(range: {
  readonly kind: KindName;
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

function chosenKinds(name: string): readonly KindName[] {
  const chosen = kindNames.filter((kind) => name === 'all' || name === kind);
  if (chosen.length > 0) return chosen;
  throw new RangeError(`--kind is ${name}. Choose one of ${kindNames.join(', ')}, or all.`);
}

function whole(name: 'seeds' | 'from' | 'seed', otherwise: number): number {
  const value = values[name] === undefined ? otherwise : Number(values[name]);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`--${name} is ${values[name]}. Choose a whole number from 0 on.`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
