import type { JobRun, Lease } from '@leased-jobs/core';
import type { Scenario, SimulatedUser, Work } from './scenario.js';
import type { SeededRandom } from '../time/seeded-random.js';
import { definitionOf } from './simulated-job.js';
import type { VirtualInstance } from './virtual-instance.js';
import type { Witness } from './witness.js';

export interface WorkContext extends Witness {
  readonly scenario: Scenario;
  readonly random: SeededRandom;
  readonly resource: FencedResource;
  /** The world's time. */
  readonly now: () => number;
  readonly rateOf: (instance: string) => number;
  /** Whether the store would say, at this moment, that the lease is live. */
  readonly isLive: (lock: string, token: number) => boolean;
}

/** A storage that remembers the greatest token it has seen for each key, and refuses smaller ones. */
export class FencedResource {
  readonly #newest = new Map<string, number>();

  write(key: string, token: number): boolean {
    if (token < (this.#newest.get(key) ?? 0)) return false;
    this.#newest.set(key, token);
    return true;
  }
}

/** The jobs and the users of one instance. */
export function startWork(instance: VirtualInstance, context: WorkContext): void {
  const { scenario, record } = context;
  for (const job of scenario.jobs) {
    const { name, lock, work } = job;
    const handler = async (run: JobRun): Promise<void> => {
      const [slot, token] = [run.slot && Number(run.slot), run.fencingToken];
      record({ type: 'run-started', instance: instance.name, job: name, slot, token });
      await doWork(instance, run, { ...context, work, lock });
    };
    instance.engine.add({ ...definitionOf(job), handler });
  }
  instance.engine.events.subscribe((event) => {
    if (event.type === 'lost') {
      const { lock, fencingToken: token } = event;
      record({ type: 'lost', instance: instance.name, lock, token });
    } else if (event.type === 'run-ended') {
      const { outcome, fencingToken: token, slot } = event.report;
      record({
        type: 'run-ended',
        instance: instance.name,
        job: event.job,
        slot,
        token,
        outcome,
      });
    }
  });
  for (const user of scenario.users) void useLeases(instance, user, context); // It catches all that is thrown.
}

async function useLeases(
  instance: VirtualInstance,
  user: SimulatedUser,
  context: WorkContext,
): Promise<void> {
  const { lock, ttl, work } = user;
  const { leases } = instance.engine;
  const use = async (lease: Lease): Promise<void> => doWork(instance, lease, { ...context, work, lock });
  for (;;) {
    await instance.sleep(user.pause * (0.5 + context.random.next()));
    if (!instance.isUp) return;
    try {
      if (user.by === 'withLease') {
        await leases.withLease(lock, use, { ttl, wait: 2_000 });
        continue;
      }
      const options = { ttl, wait: 3_000 };
      const lease = await (user.by === 'acquire'
        ? leases.acquire(lock, options)
        : leases.tryAcquire(lock, { ttl }));
      try {
        if (lease) await use(lease);
      } finally {
        await lease?.release();
      }
    } catch {
      // The store was away, or the lease was lost, or the work threw: it tries again.
    }
  }
}

interface Task extends WorkContext {
  readonly work: Work;
  readonly lock: string;
}

type Holding = Pick<JobRun, 'fencingToken' | 'signal' | 'remaining' | 'throwIfLost'>;

async function doWork(instance: VirtualInstance, held: Holding, task: Task): Promise<void> {
  const { work, lock, record, random, now } = task;
  const token = held.fencingToken;
  const leave = task.holders.add({ instance: instance.name, lock, held });
  const end = now() + work.lasts;
  try {
    for (;;) {
      try {
        held.throwIfLost();
        const until = now() + held.remaining / task.rateOf(instance.name);
        const live = task.isLive(lock, token);
        record({ type: 'believes', instance: instance.name, lock, token, until, live });
      } catch (lost) {
        if (work.heedsSignal) throw lost;
      }
      // Its write arrives whether or not it is still the holder: the storage decides.
      const accepted = task.resource.write(lock, token);
      record({ type: 'write', instance: instance.name, resource: lock, token, accepted });
      if (now() >= end) break;
      await instance.sleep(Math.min(work.every, work.lasts), work.heedsSignal ? held.signal : undefined);
      if (work.heedsSignal) held.signal.throwIfAborted();
    }
    if (random.next() < work.throws) throw new Error('This work fails now and then.');
  } finally {
    leave();
    record({ type: 'settled', instance: instance.name, lock, token });
  }
}
