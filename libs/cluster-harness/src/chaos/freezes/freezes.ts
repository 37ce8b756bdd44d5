import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RedisServer, startRedis } from '@leased-jobs/backends';
import { Redis } from 'ioredis';
import { Cluster } from '../../cluster/cluster.js';
import { checkHistory } from '../../history/check-history.js';
import { formatViolations } from '../../history/violation.js';
import type { Entry, RunStarted } from '../../journal/entry.js';
import type { Print } from '../print.js';
import { FencedResource, type Write } from './fenced-resource.js';
import { type FreezeBackend, freezeEnv, writesKey } from './freeze-settings.js';

/**
 * Freezes the holder of a lock for 1.5 ttl that many times, half of them on files and half on Redis, with many locks
 * side by side, each fought for by two processes. Resolves with whether no fenced write was accepted after one with a
 * greater token, every write that came late was refused, and no guarded step followed the successor's first.
 */
export async function freezeHolders(freezes: number, print: Print): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), 'leased-jobs-freezes-'));
  await using server = await startRedis();
  const count = Math.min(freezes, MOST_LANES);
  const lanes = Array.from({ length: count }, (_, index) => {
    const share = Math.floor(freezes / count) + (index < freezes % count ? 1 : 0);
    return freezeOneLock({
      backend: index % 2 === 0 ? 'file' : 'redis',
      lock: `lock-${index}`,
      freezes: share,
      directory: join(directory, `lock-${index}`),
      server,
    });
  });
  // All of them are waited for, so that nothing of theirs is left when one has failed.
  const reports = (await Promise.allSettled(lanes)).map((lane) =>
    lane.status === 'fulfilled' ? lane.value : { ...NOTHING, faults: [String(lane.reason)] },
  );
  const sum = (of: (report: LaneReport) => number): number =>
    reports.reduce((total, report) => total + of(report), 0);
  const faults = reports.flatMap((report) => report.faults);
  print(
    `${sum(({ frozen }) => frozen)} holders frozen for 1.5 ttl: ${sum(({ refused }) => refused)} late writes refused, ` +
      `${sum(({ accepted }) => accepted)} writes in order, ${faults.length} faults`,
  );
  for (const fault of faults) print(fault);
  if (faults.length === 0) rmSync(directory, { recursive: true, force: true });
  else print(`The journals are kept in ${directory}`);
  return faults.length === 0;
}

interface Lane {
  readonly backend: FreezeBackend;
  readonly lock: string;
  readonly freezes: number;
  readonly directory: string;
  readonly server: RedisServer;
}

interface LaneReport {
  readonly frozen: number;
  readonly refused: number;
  readonly accepted: number;
  readonly faults: readonly string[];
}

const NOTHING = { frozen: 0, refused: 0, accepted: 0 };

async function freezeOneLock({ backend, lock, freezes, directory, server }: Lane): Promise<LaneReport> {
  const cluster = new Cluster({
    script: new URL('./contender.js', import.meta.url),
    instances: 2,
    directory,
    env: {
      ...freezeEnv({ backend, lock, ttl: TTL, resource: join(directory, 'resource') }),
      REDIS_URL: server.url,
      LEASED_JOBS_DIRECTORY: join(directory, 'store'),
    },
    startTimeout: START_TIMEOUT,
  });
  await using resource = await FencedResource.listen(join(directory, 'resource'));
  try {
    await Promise.all([cluster.start(), cluster.start()]);
    const late: LateWrite[] = [];
    for (let frozen = 0; frozen < freezes; frozen++) late.push(await freezeHolder(cluster, frozen));
    const ended = cluster.instances.filter(({ exit }) => exit).map((one) => `${one.id}: ${one.stderr()}`);
    await cluster.stop();
    const writes = backend === 'file' ? resource.accepted : await writesInRedis(server, lock);
    const violations = checkHistory(cluster.history());
    return {
      frozen: late.length,
      refused: late.filter(({ lateWrite }) => lateWrite === 'refused').length,
      accepted: writes.length,
      faults: [
        ...(violations.length > 0 ? [formatViolations(violations)] : []),
        ...late.flatMap(({ lateWrite, fencingToken }) =>
          lateWrite === 'refused' ? [] : [`${lock}: a late write with token ${fencingToken} was accepted.`],
        ),
        ...staleWrites(writes).map(
          (write) => `${lock}: a stale write was accepted: ${JSON.stringify(write)}`,
        ),
        ...ended.map((how) => `${lock}: an instance has ended by itself. ${how}`),
      ],
    };
  } finally {
    await cluster.stop();
  }
}

interface LateWrite {
  readonly lateWrite: 'accepted' | 'refused';
  readonly fencingToken: number;
}

/** Resolves with what came of the write that the frozen holder made when it was thawed. */
async function freezeHolder(cluster: Cluster, before: number): Promise<LateWrite> {
  const run = await cluster.waitFor((history) => holding(history), { timeout: LIMIT });
  const holder = cluster.instances.find(({ id }) => id === run.instance);
  if (!holder) throw new Error(`There is no ${run.instance}.`);
  await holder.freeze();
  await sleep(1.5 * TTL);
  // However busy the machine is, the successor has written when the holder goes on: its second step follows its first write.
  await cluster.waitFor((history) => holding(history.filter(({ instance }) => instance !== run.instance)), {
    timeout: LIMIT,
  });
  await holder.thaw();
  return cluster
    .waitFor(() => lateWrites(cluster).find(({ fencingToken }) => fencingToken === run.fencingToken), {
      timeout: LIMIT,
    })
    .catch((thrown: unknown) => {
      throw new Error(`The holder of freeze ${before + 1} has not told of its late write.`, {
        cause: thrown,
      });
    });
}

/** The run that goes on, once it has taken its second step. */
function holding(history: readonly Entry[]): RunStarted | null {
  const run = history.findLast((entry): entry is RunStarted => entry.kind === 'run-started');
  if (!run) return null;
  const own = history.filter((entry) => 'fencingToken' in entry && entry.fencingToken === run.fencingToken);
  const goesOn = own.every(({ kind }) => kind === 'run-started' || kind === 'step');
  return goesOn && own.length > 2 ? run : null;
}

function lateWrites(cluster: Cluster): LateWrite[] {
  return cluster.instances
    .flatMap((instance) => instance.stdout().split('\n').slice(0, -1))
    .map((line) => JSON.parse(line) as LateWrite);
}

async function writesInRedis(server: RedisServer, lock: string): Promise<Write[]> {
  const client = new Redis(server.url);
  try {
    return (await client.lrange(writesKey(lock), 0, -1)).map((write) => JSON.parse(write) as Write);
  } finally {
    client.disconnect();
  }
}

/** A write is stale if it follows one with a greater token, or has the token of another instance. */
function staleWrites(writes: readonly Write[]): Write[] {
  return writes.filter((write, index) => {
    const last = writes[index - 1];
    if (!last || write.fencingToken > last.fencingToken) return false;
    return write.fencingToken < last.fencingToken || write.instance !== last.instance;
  });
}

/** How many locks are fought for at once. */
const MOST_LANES = 10;
/** Milliseconds. */
const TTL = 1_500;
const LIMIT = 15_000;
const START_TIMEOUT = 60_000;
