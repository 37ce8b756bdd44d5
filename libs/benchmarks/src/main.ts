import { interleaved, median } from './rounds.js';

const ROUNDS = 9;
const JOBS = 10_000;

// Prints ratios and medians of interleaved rounds. Every figure in the documentation comes from here.
startOfNestApp();

function startOfNestApp(): void {
  const results = interleaved(new URL('./nest-start.js', import.meta.url), ['with', 'without'], ROUNDS);
  const difference = (key: string): number =>
    median(results.with.map((round, index) => (round[key] ?? 0) - (results.without[index]?.[key] ?? 0)));
  print(
    `Discovery and start of ${JOBS} interval jobs, above the same app without the module (${ROUNDS} rounds, medians)`,
    [
      ['microseconds per job', (difference('milliseconds') * 1_000) / JOBS, 5],
      ['bytes per idle job', difference('bytes') / JOBS, 200],
    ],
  );
}

function print(title: string, rows: readonly (readonly [string, number, number])[]): void {
  console.log(title);
  for (const [name, value, limit] of rows) {
    console.log(
      `  ${name.padEnd(24)} ${value.toFixed(2).padStart(8)}   at most ${limit}: ${value <= limit ? 'kept' : 'MISSED'}`,
    );
    if (value > limit) process.exitCode = 1;
  }
}
