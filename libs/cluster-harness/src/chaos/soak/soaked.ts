import { setMaxListeners } from 'node:events';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { interval, JobEngine, type JobRun, type LeaseProvider, StoreError } from '@leased-jobs/core';
import { leaseProviderFromEnv as blobs } from '@leased-jobs/provider-azure-blob';
import { leaseProviderFromEnv as files } from '@leased-jobs/provider-file';
import { leaseProviderFromEnv as redis } from '@leased-jobs/provider-redis';
import { hostTime } from '../../host-time.js';
import type { Sample } from './sample.js';

// Runs about two hundred jobs and takes plain leases on all three stores, and prints what is left after a garbage
// collection, a line of JSON every few seconds. Node needs --expose-gc.

const [every = '5000'] = process.argv.slice(2);
const began = hostTime();
const stopping = new AbortController();
// Everybody who waits listens to it.
setMaxListeners(0, stopping.signal);
let runs = 0;
let leases = 0;

const engines = [
  begin(await files(process.env), { jobs: 80, period: 1_000, ttl: 3_000, keepers: 10, takers: 5 }),
  begin(await redis(process.env), { jobs: 80, period: 1_000, ttl: 3_000, keepers: 10, takers: 5 }),
  // A store on blobs is asked less often, as it is where requests are charged.
  begin(await blobs(process.env), { jobs: 40, period: 10_000, ttl: 15_000, keepers: 5, takers: 2 }),
];
const sampling = setInterval(sample, Number(every));

process.once('SIGTERM', () => {
  clearInterval(sampling);
  stopping.abort();
  void Promise.all(engines.map((engine) => engine.close())).then(() => process.exit(0));
});

interface Load {
  readonly jobs: number;
  /** Milliseconds. */
  readonly period: number;
  readonly ttl: number;
  /** How many hold a lease for as long as they can, and how many take one again and again. */
  readonly keepers: number;
  readonly takers: number;
}

function begin(provider: LeaseProvider, { jobs, period, ttl, keepers, takers }: Load): JobEngine {
  const engine = new JobEngine({ provider, ttl, namespace: 'soak', drainTimeout: 5_000 });
  for (let n = 0; n < jobs; n++) {
    engine.add({ name: `job-${n}`, schedule: interval(period), handler });
  }
  engine.start();
  for (let n = 0; n < keepers; n++) void repeat(() => hold(engine, `kept-${n}`, null));
  for (let n = 0; n < takers; n++) void repeat(() => hold(engine, `taken-${n % 2}`, period / 10));
  return engine;
}

async function handler(run: JobRun): Promise<void> {
  runs += 1;
  await sleep(20, undefined, { signal: run.signal });
}

/** For that many milliseconds, or until it is lost. */
async function hold(engine: JobEngine, lock: string, duration: number | null): Promise<void> {
  const lease = await engine.leases.acquire(lock, { wait: 10_000, signal: stopping.signal });
  if (!lease) return;
  leases += 1;
  const ends = [lease.signal, stopping.signal];
  if (duration !== null) ends.push(AbortSignal.timeout(duration));
  await aborted(AbortSignal.any(ends));
  await lease.release();
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (!signal.aborted) return;
      clearInterval(timer);
      resolve();
    }, 50);
  });
}

/** Faults of the store are what this is about; whatever else is thrown ends the process. */
async function repeat(action: () => Promise<void>): Promise<void> {
  while (!stopping.signal.aborted) {
    try {
      await action();
    } catch (thrown) {
      if (stopping.signal.aborted) return;
      if (!(thrown instanceof StoreError)) throw thrown;
      await sleep(500);
    }
  }
}

function sample(): void {
  globalThis.gc?.();
  const line: Sample = {
    at: hostTime() - began,
    heap: process.memoryUsage().heapUsed,
    resources: process.getActiveResourcesInfo().length,
    descriptors: readdirSync('/proc/self/fd').length,
    runs,
    leases,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
