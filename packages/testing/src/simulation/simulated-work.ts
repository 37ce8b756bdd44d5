import { asError, type JobRun, type Lease } from '@leased-jobs/core';
import type { Scenario, SimulatedUser, Work } from './scenario.js';
import type { SeededRandom } from '../time/seeded-random.js';
import { definitionOf, isPermitOf, isStartupJob, isTriedAgain, type SimulatedJob } from './simulated-job.js';
import { startUp } from './simulated-start.js';
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

/** The jobs and the users of one instance. Resolves when what has to be done before it starts is done. */
export function startWork(instance: VirtualInstance, context: WorkContext): void | Promise<void> {
  const { scenario } = context;
  const runs = watchRuns(instance, context);
  for (const job of scenario.jobs) {
    const handler = (run: JobRun): Promise<void> => runs.perform(job, run);
    instance.engine.add({ ...definitionOf(job), handler });
  }
  for (const user of scenario.users) void useLeases(instance, user, context); // It catches all that is thrown.
  return scenario.jobs.some(isStartupJob) ? startUp(instance, context) : undefined;
}

/** Writes down what becomes of the jobs of one instance. */
function watchRuns(
  instance: VirtualInstance,
  context: WorkContext,
): { readonly perform: (job: SimulatedJob, run: JobRun) => Promise<void> } {
  const { scenario, record } = context;
  const { name } = instance;
  /** Of each job: the lock that was granted last, and why its last run was told to stop. */
  const locks = new Map(scenario.jobs.map((job) => [job.name, job.lock]));
  const reasons = new Map<string, string | undefined>();
  /** Of each job that is tried again: what ends its run, which goes on between two calls of its handler. */
  const leaves = new Map<string, () => void>();
  instance.engine.events.subscribe((event) => {
    if (event.type === 'acquired') {
      for (const job of scenario.jobs) if (isPermitOf(job, event.lock)) locks.set(job.name, event.lock);
    } else if (event.type === 'lost') {
      record({ type: 'lost', instance: name, lock: event.lock, token: event.fencingToken });
    } else if (event.type === 'run-ended') {
      const { job } = event;
      const { outcome, fencingToken: token, slot } = event.report;
      const lock = locks.get(job) ?? job;
      const told = reasons.get(job);
      leaves.get(job)?.();
      record({ type: 'run-ended', instance: name, job, lock, slot, token, outcome, told });
    }
  });
  return {
    async perform(job, run) {
      const lock = locks.get(job.name) ?? job.lock;
      const [slot, token] = [run.slot && Number(run.slot), run.fencingToken];
      if (run.attempt > 1) {
        record({ type: 'tried-again', instance: name, job: job.name, lock, token, attempt: run.attempt });
      } else {
        reasons.delete(job.name);
        if (isTriedAgain(job)) leaves.set(job.name, context.holders.add({ instance: name, lock, held: run }));
        record({ type: 'run-started', instance: name, job: job.name, lock, slot, token });
      }
      try {
        await doWork(instance, run, { ...context, work: job.work, lock });
      } finally {
        if (run.signal.aborted) reasons.set(job.name, asError(run.signal.reason).name);
      }
    },
  };
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
