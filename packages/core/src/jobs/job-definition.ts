import { ConfigurationError, show } from '../errors.js';
import { lockNameProblem } from '../lease/lock-name.js';
import {
  type JobDefaults,
  type JobPolicies,
  type ResolvedPolicies,
  resolvePolicies,
} from './job-policies.js';
import type { JobRun } from './job-run.js';
import type { Schedule } from './schedule.js';

/** What a user says of a job. All durations are milliseconds. */
export interface JobDefinition extends JobPolicies {
  /** Unique in the app. It also moves the phase of an interval: another name means other slots. */
  readonly name: string;
  /** The lock that a run holds. Jobs that share one exclude each other. Default: the job's name. */
  readonly lock?: string;
  readonly schedule: Schedule;
  readonly handler: JobHandler;
  /** What `this` is in the handler. */
  readonly self?: object;
  /**
   * The job is not attended before this resolves. If it rejects, that is told by an event, and it is called again in a minute.
   * `signal` aborts when the engine stops.
   */
  readonly waitFor?: (signal: AbortSignal) => Promise<unknown>;
}

export type JobHandler = (run: JobRun) => unknown;

/** A job whose settings have been checked, and all have a value. Policies are shared by the jobs that have the same. */
export interface Job {
  readonly name: string;
  readonly lock: string;
  readonly schedule: Schedule;
  readonly handler: JobHandler;
  readonly self: object | undefined;
  readonly policies: ResolvedPolicies;
  readonly waitFor: JobDefinition['waitFor'];
}

/**
 * The locks of which a run holds one: as many as instances may run the job at once. The first is the job's lock; for the others,
 * see {@link permit}.
 */
export function permitsOf({ lock, policies }: Pick<Job, 'lock' | 'policies'>): readonly string[] {
  return Array.from({ length: policies.concurrency }, (_, n) => permit(lock, n));
}

/** What the store calls the job in the record of its lock. What is done once is a job of its own for each value. */
export function recordOf({ name, schedule }: Pick<Job, 'name' | 'schedule'>): string {
  const once = schedule.startup?.once;
  return once === undefined ? name : `${name}@${once}`;
}

/**
 * Checks a definition, and fills in what it leaves out.
 *
 * @throws ConfigurationError that names the job, the value, and what is legal.
 */
export function resolveJob(definition: JobDefinition, defaults: JobDefaults): Job {
  const { name, lock = name, schedule, handler, self, waitFor } = definition;
  if (typeof name !== 'string' || name.trim() === '') {
    throw new ConfigurationError(
      `A job cannot be called ${show(name)}. Give it a name that people will know it by.`,
    );
  }
  if (typeof handler !== 'function') {
    throw new ConfigurationError(
      `The handler of job "${name}" is ${show(handler)}. It has to be a function.`,
    );
  }
  if (typeof schedule?.next !== 'function') {
    throw new ConfigurationError(
      `The schedule of job "${name}" is ${show(schedule)}. Make one with interval(ms).`,
    );
  }
  if (waitFor !== undefined && (typeof waitFor !== 'function' || schedule.startup)) {
    throw new ConfigurationError(
      typeof waitFor === 'function'
        ? `Job "${name}": waitFor is not for what is due when an instance starts. Add what it waits for before it.`
        : `Job "${name}": waitFor is ${show(waitFor)}. It has to be a function that returns a promise.`,
    );
  }
  const policies = resolvePolicies(definition, defaults);
  const problem =
    lock === '' || typeof lock !== 'string'
      ? lockNameProblem(lock)
      : lockNameProblem(defaults.qualify(permit(lock, policies.concurrency - 1)));
  if (problem !== null) throw new ConfigurationError(`Job "${name}": ${problem}`);
  // No spread: with 10,000 jobs it would cost 20 bytes and a microsecond for each of them.
  return { name, lock, schedule, handler, self, policies, waitFor };
}

function permit(lock: string, n: number): string {
  return n === 0 ? lock : `${lock}#${n + 1}`;
}
