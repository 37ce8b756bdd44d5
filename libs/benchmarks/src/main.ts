import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startRedis } from '@leased-jobs/backends';
import { measureHandOver } from './hand-over.js';
import { interleaved, median } from './rounds.js';

const ROUNDS = 9;
const JOBS = 10_000;
/** They last for half a minute each. */
const CRON_ROUNDS = 3;

// Prints ratios and medians of interleaved rounds. Every figure in the documentation comes from here.
startOfNestApp();
locksOnRedis();
renewalsOnRedis();
await handOverOnRedis();
costOfRenewalWorker();
manyCronJobs();

function startOfNestApp(): void {
  const results = interleaved(new URL('./nest-start.js', import.meta.url), ['with', 'without'], ROUNDS);
  const difference = (key: string): number =>
    median(results.with.map((round, index) => (round[key] ?? 0) - (results.without[index]?.[key] ?? 0)));
  print(
    `Discovery and start of ${JOBS} interval jobs, above the same app without the module (${ROUNDS} rounds, medians)`,
    [
      ['microseconds per job', (difference('milliseconds') * 1_000) / JOBS, 'at most', 5],
      ['bytes per idle job', difference('bytes') / JOBS, 'at most', 200],
    ],
  );
}

function locksOnRedis(): void {
  const shares = resultOf('redis-locks.js');
  print(
    'Throughput on Redis, as a share of a bare SET NX PX with compare-and-delete on the same client (11 rounds, medians)',
    [
      ['acquire, release', shares['sequential'], 'at least', 0.95],
      ['64 of them at once', shares['atOnce'], 'at least', 0.9],
      ['lose to a holder', shares['lossSequential'], 'at least', 0.85],
      ['64 losses at once', shares['lossAtOnce'], 'at least', 0.85],
    ],
  );
}

function renewalsOnRedis(): void {
  const { cpu, renewals } = resultOf('redis-renewals.js');
  print(`Holding 1,000 leases on Redis, ${renewals?.toFixed(0)} renewals a second (15 rounds, median)`, [
    ['milliseconds of CPU per s', cpu, 'at most', 12],
  ]);
}

async function handOverOnRedis(): Promise<void> {
  const server = await startRedis();
  try {
    for (const waiter of ['client', 'process'] as const) {
      const { rounds, median: middle, p95 } = await measureHandOver(server.url, { waiter });
      const where = waiter === 'client' ? 'another client of this process' : 'another process';
      print(`From a release on Redis to the grant to ${where} that waits (${rounds} rounds)`, [
        ['milliseconds, median', middle, 'at most', 5],
        ['milliseconds, p95', p95, 'at most', 5],
      ]);
    }
  } finally {
    await server.stop();
  }
}

function costOfRenewalWorker(): void {
  const script = new URL('./renewal-worker-cost.js', import.meta.url);
  const results = interleaved(script, ['worker', 'main'], ROUNDS);
  const more = (key: string): number =>
    median(results.worker.map((round, index) => (round[key] ?? 0) - (results.main[index]?.[key] ?? 0)));
  print(`Renewal by a worker on Redis, above the same app without one (${ROUNDS} rounds, medians)`, [
    ['megabytes of memory', more('megabytes'), 'at most', 30],
    ['milliseconds of start', more('start'), 'at most', 30],
  ]);
}

function manyCronJobs(): void {
  const script = new URL('./cron-load.js', import.meta.url);
  const results = interleaved(script, ['leased', 'others-run', 'nestjs-schedule'], CRON_ROUNDS);
  const middle = (variant: keyof typeof results, key: string): number =>
    median(results[variant].map((round) => round[key] ?? Number.NaN));
  const jobs = `${JOBS} cron jobs, one run a second each`;
  print(`${jobs}, under leases from memory (${CRON_ROUNDS} rounds, medians)`, [
    ['percent of a core', middle('leased', 'core'), 'at most', 30],
    ['milliseconds late, median', middle('leased', 'median'), 'at most', 250],
    ['milliseconds late, p99', middle('leased', 'p99'), 'at most', 500],
    ['percent of slots run', middle('leased', 'slots'), 'at least', 99],
  ]);
  print(`${jobs}, by another instance (${CRON_ROUNDS} rounds, medians)`, [
    ['percent of a core', middle('others-run', 'core'), 'at most', 5],
    ['milliseconds late, median', middle('others-run', 'median'), 'at most', 50],
    ['milliseconds late, p99', middle('others-run', 'p99'), 'at most', 100],
  ]);
  // Where it is late by more than a second, its lateness looks smaller than it is.
  print(`${jobs}, by @nestjs/schedule without any lease, for comparison (${CRON_ROUNDS} rounds, medians)`, [
    ['percent of a core', middle('nestjs-schedule', 'core'), 'at least', middle('leased', 'core')],
    [
      'milliseconds late, median',
      middle('nestjs-schedule', 'median'),
      'at least',
      middle('leased', 'median'),
    ],
    ['milliseconds late, p99', middle('nestjs-schedule', 'p99'), 'at least', middle('leased', 'p99')],
    ['percent of slots run', middle('nestjs-schedule', 'slots'), 'at least', 0],
  ]);
}

function resultOf(script: string): Record<string, number> {
  const printed = execFileSync(process.execPath, [fileURLToPath(new URL(script, import.meta.url))], {
    encoding: 'utf8',
  });
  return JSON.parse(printed) as Record<string, number>;
}

type Row = readonly [name: string, value: number | undefined, 'at most' | 'at least', limit: number];

function print(title: string, rows: readonly Row[]): void {
  console.log(title);
  for (const [name, value = Number.NaN, relation, limit] of rows) {
    const kept = relation === 'at most' ? value <= limit : value >= limit;
    console.log(
      `  ${name.padEnd(26)} ${value.toFixed(2).padStart(8)}   ${relation} ${Number(limit.toFixed(2))}: ${kept ? 'kept' : 'MISSED'}`,
    );
    if (!kept) process.exitCode = 1;
  }
}
