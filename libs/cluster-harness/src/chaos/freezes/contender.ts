import { setTimeout as sleep } from 'node:timers/promises';
import { JobEngine, type Lease, LeaseLostError, type LeaseProvider, StoreError } from '@leased-jobs/core';
import { leaseProviderFromEnv as files } from '@leased-jobs/provider-file';
import {
  FencedScript,
  leaseProviderFromEnv as redis,
  StaleFencingTokenError,
} from '@leased-jobs/provider-redis';
import { Redis } from 'ioredis';
import { Journal } from '../../journal/journal.js';
import { connectToResource } from './fenced-resource.js';
import { freezeSettings, writesKey } from './freeze-settings.js';

// Holds a lock whenever it can, for as long as it can, and writes to a fenced resource all the while. Once it has lost
// the lease, it writes once more all the same: what came of that is a line of its output.

/** Milliseconds, both. */
const LONG_WAIT = 60_000;
const STEP = 20;

const { backend, lock, ttl, resource } = freezeSettings();
const journal = Journal.fromEnv();
const provider: LeaseProvider = await (backend === 'file' ? files : redis)(process.env);
const { leases } = new JobEngine({ provider, ttl });
const write = await (backend === 'file' ? writerToSocket() : writerToRedis());
journal.started();

for (;;) {
  const lease = await leases.acquire(lock, { wait: LONG_WAIT }).catch(busyStore);
  if (lease) await hold(lease);
}

async function hold(lease: Lease): Promise<void> {
  const { fencingToken, signal } = lease;
  const log = journal.runStarted({ job: lock, lock, slot: null, fencingToken, attempt: 1 });
  signal.addEventListener('abort', () => log.aborted('lost'));
  try {
    for (;;) {
      log.step(() => lease.throwIfLost());
      await write(fencingToken);
      await sleep(STEP);
    }
  } catch (thrown) {
    if (!(thrown instanceof LeaseLostError)) throw thrown;
    log.ended('lost');
  }
  const written = await write(fencingToken);
  process.stdout.write(`${JSON.stringify({ lateWrite: written ? 'accepted' : 'refused', fencingToken })}\n`);
  await lease.release();
}

async function writerToSocket(): Promise<(fencingToken: number) => Promise<boolean>> {
  const send = await connectToResource(resource);
  return (fencingToken) => send({ fencingToken, instance: journal.instance });
}

async function writerToRedis(): Promise<(fencingToken: number) => Promise<boolean>> {
  // Unlike a lease, a write has no hurry: one that a freeze interrupts is sent again, for the fence to judge.
  const client = new Redis(process.env['REDIS_URL'] ?? '', { maxRetriesPerRequest: null });
  client.on('error', () => {});
  const append = new FencedScript(`return redis.call('RPUSH', KEYS[1], ARGV[1])`);
  return async (fencingToken) => {
    const args = [JSON.stringify({ fencingToken, instance: journal.instance })];
    const keys = [writesKey(lock)];
    try {
      await append.run(client, { fence: `{${lock}}:fence`, fencingToken, keys, args });
      return true;
    } catch (thrown) {
      if (thrown instanceof StaleFencingTokenError) return false;
      throw thrown;
    }
  };
}

/** On a machine that is busy with others. */
async function busyStore(thrown: unknown): Promise<null> {
  if (!(thrown instanceof StoreError) || thrown.kind !== 'transient') throw thrown;
  await sleep(100);
  return null;
}
