import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { hostTime } from '../../host-time.js';
import { type ChaosStore, openChaosStore } from '../chaos-store.js';
import { CHAOS_BACKENDS } from '../plan.js';
import type { Print } from '../print.js';
import { MEASURES, type Sample, type Trend, trends } from './sample.js';

/**
 * Lets a process with about two hundred jobs and with plain leases live on all three stores for that many minutes,
 * under mild faults, and resolves with whether its heap, its active resources and its open files stay what they were.
 */
export async function soak(minutes: number, print: Print): Promise<boolean> {
  const stores: ChaosStore[] = [];
  try {
    for (const backend of CHAOS_BACKENDS) stores.push(await openChaosStore(backend));
    const env = Object.assign({}, ...stores.map((store) => store.env)) as Record<string, string>;
    const [, redis, blobs] = stores;
    if (!redis || !blobs) throw new Error('Not all stores are there.');
    return await lived(minutes, { env, redis, blobs, print });
  } finally {
    for (const store of stores) await store[Symbol.asyncDispose]();
  }
}

interface Surroundings {
  readonly env: Readonly<Record<string, string>>;
  readonly redis: ChaosStore;
  readonly blobs: ChaosStore;
  readonly print: Print;
}

async function lived(minutes: number, { env, redis, blobs, print }: Surroundings): Promise<boolean> {
  const duration = minutes * 60_000;
  const every = Math.max(500, Math.min(5_000, duration / 30));
  const child = spawn(
    process.execPath,
    [
      '--expose-gc',
      '--unhandled-rejections=strict',
      fileURLToPath(new URL('./soaked.js', import.meta.url)),
      String(every),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env['PATH'], ...env } },
  );
  const samples: Sample[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => samples.push(JSON.parse(line) as Sample));
  const deadline = hostTime() + duration;
  let faults = 0;
  try {
    while (hostTime() < deadline && child.exitCode === null) {
      await sleep(Math.min(FAULT_EVERY, Math.max(0, deadline - hostTime())));
      if (hostTime() >= deadline) break;
      faults += 1;
      // In turns, so that each is whole again before the next.
      if (faults % 5 === 0) await redis.disturb('store-down', 1_000);
      else if (faults % 5 === 1) await redis.disturb('store-frozen', 1_500);
      else if (faults % 5 === 2) await blobs.disturb('store-frozen', 3_000);
      else if (faults % 5 === 3) await redis.disturb('flush', 0);
      else await redis.disturb('store-frozen', 4_500);
    }
  } finally {
    await end(child);
  }
  const last = samples.at(-1);
  print(
    `${minutes} minutes, ${samples.length} samples, ${last?.runs ?? 0} runs, ${last?.leases ?? 0} plain leases, ${faults} faults`,
  );
  for (const line of timeline(samples)) print(line);
  const found = trends(samples);
  for (const line of table(found)) print(line);
  const orderly = child.exitCode === 0;
  if (!orderly)
    print(`The process has not ended in order: code ${child.exitCode}, signal ${child.signalCode}.`);
  return orderly && samples.length >= LEAST_SAMPLES && found.every(({ grows }) => !grows);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), END_LIMIT);
  await exited;
  clearTimeout(late);
}

/** A score of the samples, so that one sees whether a measure climbs or has its ups and downs. */
function timeline(samples: readonly Sample[]): string[] {
  const step = Math.max(1, Math.ceil(samples.length / 20));
  return [
    row(['second', ...MEASURES]),
    ...samples
      .filter((_, index) => index % step === 0)
      .map((sample) => row([Math.round(sample.at / 1_000), ...MEASURES.map((measure) => sample[measure])])),
  ];
}

function table(found: readonly Trend[]): string[] {
  return [
    row(['', 'first, least', 'last, least', 'most', '']),
    ...found.map(({ measure, first, last, most, grows }) =>
      row([measure, first, last, most, grows ? 'GROWS' : 'flat']),
    ),
  ];
}

function row(cells: readonly (string | number)[]): string {
  return cells.map((cell, index) => String(cell)[index === 0 ? 'padEnd' : 'padStart'](14)).join('');
}

/** Milliseconds. */
const FAULT_EVERY = 12_000;
const END_LIMIT = 15_000;
const LEAST_SAMPLES = 15;
