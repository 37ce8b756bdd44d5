import {
  atStart,
  fixedDelay,
  interval,
  type JobDefinition,
  type RetryPolicy,
  service,
} from '@leased-jobs/core';
import type { Work } from './scenario.js';

/** A job of a simulated world. Times are milliseconds. */
export type SimulatedJob = SlotJob | DelayJob | ServiceJob | StartupJob;

interface AnyJob {
  readonly name: string;
  readonly lock: string;
  readonly ttl: number;
  readonly maxRuntime?: number | undefined;
  /** How many instances may run it at once. Left out: one. */
  readonly concurrency?: number;
  readonly work: Work;
}

export interface SlotJob extends AnyJob {
  readonly period: number;
  readonly onCrash: 'rerun' | 'skip';
  readonly missed?: Missed;
  readonly runOnStart?: boolean;
  readonly retry?: Required<RetryPolicy>;
}

export type Missed = 'skip' | 'once' | 'all';

export interface DelayJob extends AnyJob {
  readonly delay: number;
}

export interface ServiceJob extends AnyJob {
  readonly restartDelay: number;
  readonly maxRestartDelay: number;
}

export interface StartupJob extends AnyJob {
  /** Left out: at each start. */
  readonly once?: string;
  readonly timeout: number;
}

/** What the engine is told of it, but for the handler. */
export function definitionOf(job: SimulatedJob): Omit<JobDefinition, 'handler'> {
  const { name, lock, ttl, maxRuntime, concurrency } = job;
  const common = {
    name,
    lock,
    ttl,
    ...(maxRuntime !== undefined && { maxRuntime }),
    ...(concurrency !== undefined && { concurrency }),
  };
  if (isDelayJob(job)) return { ...common, schedule: fixedDelay(job.delay) };
  if (isServiceJob(job)) return { ...common, schedule: service(job) };
  if (isStartupJob(job)) return { ...common, schedule: atStart(job) };
  const { period, onCrash, missed, runOnStart, retry } = job;
  return {
    ...common,
    schedule: interval(period),
    onCrash,
    ...(missed && { missed }),
    ...(runOnStart !== undefined && { runOnStart }),
    ...(retry && { retry }),
  };
}

/** Milliseconds: with all calls of the handler, and what lies between them. */
export function longestRunOf(job: SimulatedJob): number {
  const { lasts } = job.work;
  if (!isTriedAgain(job)) return lasts;
  const { attempts, delay, maxDelay } = job.retry;
  return attempts * lasts + (attempts - 1) * Math.min(delay * 2 ** (attempts - 2), maxDelay);
}

/** Whether the lock is one of those of which a run of the job holds one. */
export function isPermitOf({ lock, concurrency = 1 }: SimulatedJob, name: string): boolean {
  return name === lock || (concurrency > 1 && name.startsWith(`${lock}#`));
}

export function isSlotJob(job: SimulatedJob): job is SlotJob {
  return 'period' in job;
}

export function isDelayJob(job: SimulatedJob): job is DelayJob {
  return 'delay' in job;
}

export function isServiceJob(job: SimulatedJob): job is ServiceJob {
  return 'restartDelay' in job;
}

export function isStartupJob(job: SimulatedJob): job is StartupJob {
  return 'timeout' in job;
}

export function isTriedAgain(job: SimulatedJob): job is SlotJob & Required<Pick<SlotJob, 'retry'>> {
  return 'retry' in job;
}
