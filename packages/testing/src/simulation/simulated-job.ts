import { fixedDelay, interval, type JobDefinition } from '@leased-jobs/core';
import type { Work } from './scenario.js';

/** A job of a simulated world. Times are milliseconds. */
export type SimulatedJob = SlotJob | DelayJob;

interface AnyJob {
  readonly name: string;
  readonly lock: string;
  readonly ttl: number;
  readonly maxRuntime?: number | undefined;
  readonly work: Work;
}

export interface SlotJob extends AnyJob {
  readonly period: number;
  readonly onCrash: 'rerun' | 'skip';
  readonly missed?: Missed;
}

export type Missed = 'skip' | 'once' | 'all';

export interface DelayJob extends AnyJob {
  readonly delay: number;
}

/** What the engine is told of it, but for the handler. */
export function definitionOf(job: SimulatedJob): Omit<JobDefinition, 'handler'> {
  const { name, lock, ttl, maxRuntime } = job;
  const common = { name, lock, ttl, ...(maxRuntime !== undefined && { maxRuntime }) };
  if (isDelayJob(job)) return { ...common, schedule: fixedDelay(job.delay) };
  const { period, onCrash, missed } = job;
  return { ...common, schedule: interval(period), onCrash, ...(missed && { missed }) };
}

export function isSlotJob(job: SimulatedJob): job is SlotJob {
  return 'period' in job;
}

export function isDelayJob(job: SimulatedJob): job is DelayJob {
  return 'delay' in job;
}
