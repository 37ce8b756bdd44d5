import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { JobEngine, type Lease } from '@leased-jobs/core';
import { leaseProviderFromEnv } from '@leased-jobs/provider-redis';

export interface HandOver {
  readonly rounds: number;
  /** Milliseconds, from the call of `release()` to the moment when the waiter has its lease. */
  readonly median: number;
  readonly p95: number;
}

/**
 * How long a lock that is released takes to be held by who waits for it: on two clients of this process, or with the
 * waiter in a process of its own.
 */
export async function measureHandOver(
  redisUrl: string,
  {
    rounds = 300,
    waiter = 'client',
  }: { readonly rounds?: number; readonly waiter?: 'client' | 'process' } = {},
): Promise<HandOver> {
  const lock = `hand-over/${process.pid}/${waiter}`;
  const other =
    waiter === 'client' ? await waitingClient(redisUrl, lock) : await waitingProcess(redisUrl, lock);
  const holder = await engineOn(redisUrl);
  const taken: number[] = [];
  try {
    for (let round = -WARM_UP; round < rounds; round++) {
      const lease = await held(holder.leases.acquire(lock, { wait: PATIENCE }));
      const { granted } = await other.wait();
      await sleep(1 + Math.random() * 4);
      const start = now();
      const released = lease.release();
      const at = await granted;
      await released;
      if (round >= 0) taken.push(at - start);
    }
  } finally {
    await holder.close();
    await other.close();
  }
  const ordered = taken.toSorted((a, b) => a - b);
  const [median, p95] = [0.5, 0.95].map((share) => ordered[Math.floor(share * ordered.length)] ?? Number.NaN);
  const result = { rounds, median: median ?? Number.NaN, p95: p95 ?? Number.NaN };
  return result;
}

interface Waiter {
  /** Resolves when it waits, with a promise of the moment when it is granted the lock. It releases it at once. */
  wait(): Promise<{ readonly granted: Promise<number> }>;
  close(): Promise<unknown>;
}

async function waitingClient(redisUrl: string, lock: string): Promise<Waiter> {
  const engine = await engineOn(redisUrl);
  return {
    async wait() {
      const waits = refusedTwice(engine);
      const granted = held(engine.leases.acquire(lock, { wait: PATIENCE })).then(async (lease) => {
        const at = now();
        await lease.release();
        return at;
      });
      await waits;
      return { granted };
    },
    close: () => engine.close(),
  };
}

/** This file again, as the other process. */
async function waitingProcess(redisUrl: string, lock: string): Promise<Waiter> {
  const child = fork(fileURLToPath(import.meta.url), [WAITER, redisUrl, lock]);
  const heard = async (): Promise<number> => {
    const [at] = (await once(child, 'message', { signal: AbortSignal.timeout(PATIENCE) })) as [number];
    return at;
  };
  return {
    async wait() {
      const waits = heard();
      child.send('wait');
      await waits;
      return { granted: heard() };
    },
    async close() {
      const exited = once(child, 'exit', { signal: AbortSignal.timeout(PATIENCE) });
      child.disconnect();
      await exited;
    },
  };
}

async function beTheOtherProcess(redisUrl: string, lock: string): Promise<void> {
  const waiter = await waitingClient(redisUrl, lock);
  const wait = async (): Promise<void> => {
    const { granted } = await waiter.wait();
    process.send?.(0);
    process.send?.(await granted);
  };
  // A failure ends this process, and so the measurement.
  process.on('message', () => void wait());
  process.once('disconnect', () => void waiter.close());
}

async function engineOn(redisUrl: string): Promise<JobEngine> {
  return new JobEngine({ provider: await leaseProviderFromEnv({ REDIS_URL: redisUrl }) });
}

async function held(lease: Promise<Lease | null>): Promise<Lease> {
  const granted = await lease;
  if (!granted) throw new Error('The lock was not handed over at all.');
  return granted;
}

/** Who waits has been refused once before it listens and once since. */
function refusedTwice(engine: JobEngine): Promise<void> {
  return new Promise((resolve) => {
    let refusals = 0;
    const unsubscribe = engine.events.subscribe(({ type }) => {
      if (type !== 'refused' || ++refusals < 2) return;
      unsubscribe();
      resolve();
    });
  });
}

/** Milliseconds of the host's monotonic clock, which is the same in all processes. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

const WAITER = 'hand-over-waiter';
const WARM_UP = 50;
/** Milliseconds. */
const PATIENCE = 10_000;

const [role, redisUrl, lock] = process.argv.slice(2);
if (role === WAITER && redisUrl && lock) await beTheOtherProcess(redisUrl, lock);
