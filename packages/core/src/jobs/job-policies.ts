import { ConfigurationError, show } from '../errors.js';
import type { LeaseLimits } from '../lease/lease-provider.js';
import { leaseTiming, type LeaseTiming } from '../lease/lease-timing.js';
import { MAX_DELAY } from '../time/clock.js';
import type { JobDefinition } from './job-definition.js';
import { type ResolvedRetry, resolveRetry, type RetryPolicy } from './retry.js';
import type { Schedule } from './schedule.js';

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
  /**
   * How often a handler that throws is called again, within one run and under one lease. A run that was told to stop is not
   * tried again. Default: it is called once.
   */
  readonly retry?: RetryPolicy;
  /**
   * By how many milliseconds a run may begin after its slot, by chance, so that instances do not crowd the store. Slots
   * themselves are not moved, and none is put off until the next. Default: a tenth of the period, at most 2 000.
   */
  readonly jitter?: number;
  /**
   * `true`: when an instance starts, the last slot that was due is run at once, unless some instance has run it. So the first
   * instance of a cluster begins without a wait, and the others do not run it again. Default: `false`.
   */
  readonly runOnStart?: boolean;
  /**
   * How many instances may run the job at once, each of them one run: every slot is run by up to so many instances. Such a
   * job shares its lock with no other. Not promised with `missed: 'all'`: that an instance runs a slot that was missed once, and
   * not once more in the place of another. Default: 1.
   */
  readonly concurrency?: number;
  /** `false`: this instance never runs the job. Default: `true`. */
  readonly enabled?: boolean;
}

export interface ResolvedPolicies {
  readonly timing: LeaseTiming;
  readonly onCrash: 'rerun' | 'skip';
  readonly missed: 'skip' | 'once' | 'all';
  readonly maxRuntime: number | null;
  readonly retry: ResolvedRetry | null;
  readonly jitter: number | null;
  readonly runOnStart: boolean;
  readonly concurrency: number;
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

/** @throws ConfigurationError that names the job, the value, and what is legal. */
export function resolvePolicies(definition: JobDefinition, defaults: JobDefaults): ResolvedPolicies {
  const { ttl, onCrash, maxRuntime, enabled, schedule, retry, jitter, runOnStart, concurrency } = definition;
  const missed = definition.missed ?? schedule.missed;
  const asDefault =
    (ttl ?? onCrash ?? missed ?? maxRuntime ?? enabled ?? retry ?? jitter ?? runOnStart ?? concurrency) ===
      undefined && kindOf(schedule) === 'slots';
  const key = asDefault
    ? ''
    : [ttl, onCrash, missed, maxRuntime, enabled, retry, jitter, runOnStart, concurrency, kindOf(schedule)]
        .map(show)
        .join(' ');
  let policies = defaults.policies.get(key);
  if (!policies) {
    try {
      policies = checkedPolicies(definition, defaults);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      throw new ConfigurationError(`Job "${definition.name}": ${error.message}`);
    }
    defaults.policies.set(key, policies);
  }
  return policies;
}

function checkedPolicies(definition: JobDefinition, defaults: JobDefaults): ResolvedPolicies {
  const { schedule, onCrash = 'rerun', maxRuntime = null, enabled = defaults.enabled } = definition;
  const { retry, jitter = null, runOnStart = false, concurrency = 1 } = definition;
  const missed = definition.missed ?? schedule.missed ?? 'skip';
  oneOf('onCrash', onCrash, ['rerun', 'skip']);
  oneOf('missed', missed, ['skip', 'once', 'all']);
  oneOf('enabled', enabled, [true, false]);
  oneOf('runOnStart', runOnStart, [true, false]);
  if (maxRuntime !== null) whole('maxRuntime', maxRuntime, 1, MAX_DELAY, 'number of milliseconds');
  if (jitter !== null) whole('jitter', jitter, 0, MAX_DELAY, 'number of milliseconds');
  whole('concurrency', concurrency, 1, MAX_CONCURRENCY, 'number of instances');
  if (kindOf(schedule) !== 'slots') refuseSlotPolicies(definition, missed);
  if (schedule.startup && concurrency > 1) {
    throw new ConfigurationError(
      `concurrency is ${concurrency}, and what is due when an instance starts is done by one instance at a time. Leave it out.`,
    );
  }
  if (missed === 'all' && onCrash === 'skip') {
    throw new ConfigurationError(
      'missed is "all", and onCrash is "skip": a slot that is marked when its run begins would mark those before it, too. Choose onCrash: "rerun", or missed: "once".',
    );
  }
  return {
    timing: leaseTiming(definition.ttl ?? defaults.ttl, defaults.limits, defaults.provider),
    onCrash,
    missed,
    maxRuntime,
    retry: retry === undefined ? null : resolveRetry(retry),
    jitter,
    runOnStart,
    concurrency,
    enabled,
  };
}

/** What is due when a run has ended, or when an instance starts, is due at no time that has a name. */
function kindOf({ delay, startup }: Schedule): 'slots' | 'a fixed delay' | 'a start' {
  if (startup) return 'a start';
  return delay === undefined ? 'slots' : 'a fixed delay';
}

function refuseSlotPolicies({ schedule, onCrash, jitter, runOnStart }: JobDefinition, missed: string): void {
  const given = {
    onCrash: onCrash === 'skip',
    missed: missed !== 'skip',
    jitter: jitter !== undefined,
    runOnStart,
  };
  const option = Object.entries(given).find(([, isGiven]) => isGiven)?.[0];
  if (option === undefined) return;
  const what = schedule.service ? 'a service' : kindOf(schedule);
  throw new ConfigurationError(`${option} is about slots, and ${what} has none. Leave it out.`);
}

function oneOf(option: string, value: unknown, legal: readonly unknown[]): void {
  if (legal.includes(value)) return;
  const choices = legal.map(show);
  const last = choices.pop();
  throw new ConfigurationError(`${option} is ${show(value)}. Choose ${choices.join(', ')} or ${last}.`);
}

function whole(option: string, value: unknown, least: number, most: number, unit: string): void {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return;
  throw new ConfigurationError(
    `${option} is ${show(value)}. Choose a whole ${unit} from ${least} to ${most}.`,
  );
}

/** Each costs a question to the store when it is held. */
const MAX_CONCURRENCY = 100;
