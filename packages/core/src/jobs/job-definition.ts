import { ConfigurationError, show } from '../errors.js';
import type { LeaseLimits } from '../lease/lease-provider.js';
import { leaseTiming, type LeaseTiming } from '../lease/lease-timing.js';
import { lockNameProblem } from '../lease/lock-name.js';
import { MAX_DELAY } from '../time/clock.js';
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
}

export type JobHandler = (run: JobRun) => unknown;

export interface JobPolicies {
  /** How long a crashed holder blocks the others. Default: the app's ttl. */
  readonly ttl?: number;
  /** Whether a slot whose run died is run again by another instance. Default: `rerun`. */
  readonly onCrash?: 'rerun' | 'skip';
  /**
   * What happens to slots that were due while nobody could run them: all instances were down, or the store was away. `skip`:
   * nothing. `once`: one run, for the last of them. `all`: one run for each, in order, which needs `onCrash: 'rerun'`. Before
   * its first run a job has missed nothing. Default: that of the schedule, else `skip`.
   */
  readonly missed?: 'skip' | 'once' | 'all';
  /** After this time a run is told to stop. Its lock is not freed before it has ended. Default: no limit. */
  readonly maxRuntime?: number;
  /** `false`: this instance never runs the job. Default: `true`. */
  readonly enabled?: boolean;
}

/** A job whose settings have been checked, and all have a value. Policies are shared by the jobs that have the same. */
export interface Job {
  readonly name: string;
  readonly lock: string;
  readonly schedule: Schedule;
  readonly handler: JobHandler;
  readonly self: object | undefined;
  readonly policies: ResolvedPolicies;
}

export interface ResolvedPolicies {
  readonly timing: LeaseTiming;
  readonly onCrash: 'rerun' | 'skip';
  readonly missed: 'skip' | 'once' | 'all';
  readonly maxRuntime: number | null;
  readonly enabled: boolean;
}

/** What definitions leave out, and the policies that have been resolved: jobs with the same settings share them. */
export interface JobDefaults {
  readonly ttl: number;
  readonly enabled: boolean;
  readonly limits: LeaseLimits;
  readonly provider: string;
  /** How a lock is called at the store: its length counts. */
  readonly qualify: (lock: string) => string;
  readonly policies: Map<string, ResolvedPolicies>;
}

/**
 * Checks a definition, and fills in what it leaves out.
 *
 * @throws ConfigurationError that names the job, the value, and what is legal.
 */
export function resolveJob(definition: JobDefinition, defaults: JobDefaults): Job {
  const { name, lock = name, schedule, handler, self } = definition;
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
  const problem =
    lock === '' || typeof lock !== 'string' ? lockNameProblem(lock) : lockNameProblem(defaults.qualify(lock));
  if (problem !== null) throw new ConfigurationError(`Job "${name}": ${problem}`);
  return { name, lock, schedule, handler, self, policies: resolvePolicies(definition, defaults) };
}

function resolvePolicies(definition: JobDefinition, defaults: JobDefaults): ResolvedPolicies {
  const { ttl, onCrash, maxRuntime, enabled, schedule } = definition;
  const missed = definition.missed ?? schedule.missed;
  const asDefault = (ttl ?? onCrash ?? missed ?? maxRuntime ?? enabled) === undefined;
  const key = asDefault
    ? ''
    : [ttl, onCrash, missed, maxRuntime, enabled, schedule.delay !== undefined].map(show).join(' ');
  let policies = defaults.policies.get(key);
  if (!policies) defaults.policies.set(key, (policies = checkedPolicies(definition, defaults)));
  return policies;
}

function checkedPolicies(definition: JobDefinition, defaults: JobDefaults): ResolvedPolicies {
  const { name, schedule, onCrash = 'rerun', maxRuntime = null, enabled = defaults.enabled } = definition;
  const missed = definition.missed ?? schedule.missed ?? 'skip';
  if (onCrash !== 'rerun' && onCrash !== 'skip') {
    throw new ConfigurationError(`Job "${name}": onCrash is ${show(onCrash)}. Choose "rerun" or "skip".`);
  }
  if (missed !== 'skip' && missed !== 'once' && missed !== 'all') {
    throw new ConfigurationError(`Job "${name}": missed is ${show(missed)}. Choose "skip", "once" or "all".`);
  }
  if (schedule.delay !== undefined && (missed !== 'skip' || onCrash !== 'rerun')) {
    const option = missed === 'skip' ? 'onCrash' : 'missed';
    throw new ConfigurationError(
      `Job "${name}": ${option} is about slots, and a fixed delay has none. Leave it out.`,
    );
  }
  if (missed === 'all' && onCrash === 'skip') {
    throw new ConfigurationError(
      `Job "${name}": missed is "all", and onCrash is "skip": a slot that is marked when its run begins would mark those before it, too. Choose onCrash: "rerun", or missed: "once".`,
    );
  }
  if (maxRuntime !== null && (!Number.isInteger(maxRuntime) || maxRuntime < 1 || maxRuntime > MAX_DELAY)) {
    throw new ConfigurationError(
      `Job "${name}": maxRuntime is ${show(maxRuntime)}. Choose a whole number of milliseconds from 1 to ${MAX_DELAY}.`,
    );
  }
  if (typeof enabled !== 'boolean') {
    throw new ConfigurationError(`Job "${name}": enabled is ${show(enabled)}. Choose true or false.`);
  }
  return { timing: timingOf(definition, defaults), onCrash, missed, maxRuntime, enabled };
}

function timingOf({ name, ttl }: JobDefinition, defaults: JobDefaults): LeaseTiming {
  try {
    return leaseTiming(ttl ?? defaults.ttl, defaults.limits, defaults.provider);
  } catch (error) {
    if (error instanceof ConfigurationError) throw new ConfigurationError(`Job "${name}": ${error.message}`);
    throw error;
  }
}
