import {
  ConfigurationError,
  fixedDelay,
  interval,
  type JobDefinition,
  type JobHandler,
  type Schedule,
  show,
} from '@leased-jobs/core';
import type { JobSwitches } from '../configuration/job-switches.js';
import type { CronJobOptions } from '../decorators/exclusive-cron.js';
import type { IntervalJobOptions } from '../decorators/exclusive-interval.js';
import { cron } from '../schedules/cron.js';
import type { JobDeclaration, ScheduleDeclaration } from '../decorators/job-declaration.js';
import { memberName } from './declared-methods.js';
import { onFreshInstance } from './fresh-instance.js';
import type { JobHost } from './job-hosts.js';

/** Turns declarations into the engine's definitions. Lives while an app starts, and keeps nothing of it. */
export class JobCollector {
  readonly #add: (definition: JobDefinition) => void;
  readonly #switches: JobSwitches;
  readonly #problems: string[];
  readonly #hostOfName = new Map<string, JobHost>();
  readonly #schedules = new Map<number | string, Schedule>();
  /** Of each job, by its name. */
  readonly schedules = new Map<string, Schedule>();
  /** The jobs that named no lock: how many, and the first. */
  unnamedLocks = 0;
  firstUnnamedLock = '';

  constructor(add: (definition: JobDefinition) => void, switches: JobSwitches, problems: string[]) {
    this.#add = add;
    this.#switches = switches;
    this.#problems = problems;
  }

  get count(): number {
    return this.#hostOfName.size;
  }

  collect(host: JobHost): void {
    this.#problems.push(...host.declared.problems);
    for (const declaration of host.declared.jobs) {
      try {
        this.#collect(host, declaration);
      } catch (thrown) {
        if (!(thrown instanceof ConfigurationError)) throw thrown;
        this.#problems.push(thrown.message);
      }
    }
  }

  #collect(host: JobHost, { member, schedule, options: given }: JobDeclaration): void {
    const { className } = host.declared;
    const options = optionsOf(given, schedule.decorator, className, member);
    const { lock, ttl, onCrash, missed, maxRuntime } = options;
    const name = options.name ?? defaultName(className, member, schedule.decorator);
    const other = this.#hostOfName.get(name);
    if (other && other !== host && other.instance !== null && other.instance === host.instance) return;
    if (other) throw new ConfigurationError(twice(name, other, host));
    this.#hostOfName.set(name, host);
    if (lock === undefined && this.unnamedLocks++ === 0) this.firstUnnamedLock = name;
    const { instance } = host;
    const times = this.#schedule(schedule, options, name);
    this.schedules.set(name, times);
    // Written out: with 10,000 jobs, a spread would be half of the start.
    this.#add({
      name,
      lock,
      schedule: times,
      handler: instance ? (Reflect.get(instance, member) as JobHandler) : onFreshInstance(host, member),
      self: instance ?? undefined,
      ttl,
      onCrash,
      missed,
      maxRuntime,
      enabled: this.#enabled(name, options.enabled),
    });
  }

  /** `enabled: true` in the code does not switch on what `LEASED_JOBS_ENABLED` has switched off. */
  #enabled(name: string, written: boolean | undefined): boolean | undefined {
    return this.#switches.of(name) ?? (written === true ? undefined : written);
  }

  /** Jobs that are due at the same times share a schedule. */
  #schedule(declared: ScheduleDeclaration, { timeZone, mode }: ScheduleOptions, job: string): Schedule {
    const written = declared.decorator === '@ExclusiveCron' ? declared.expression : declared.ms;
    const key = timeZone === undefined && mode === undefined ? written : [mode, timeZone, written].join(' ');
    const known = this.#schedules.get(key);
    if (known) return known;
    try {
      const schedule = scheduleOf(declared, { timeZone, mode });
      this.#schedules.set(key, schedule);
      return schedule;
    } catch (thrown) {
      if (thrown instanceof ConfigurationError)
        throw new ConfigurationError(`Job "${job}": ${thrown.message}`);
      throw thrown;
    }
  }
}

type Options = CronJobOptions & IntervalJobOptions;
type ScheduleOptions = Pick<Options, 'timeZone' | 'mode'>;

function scheduleOf(
  declared: ScheduleDeclaration,
  { timeZone, mode = 'fixed-rate' }: ScheduleOptions,
): Schedule {
  if (declared.decorator === '@ExclusiveCron') return cron(declared.expression, timeZone);
  if (mode === 'fixed-rate') return interval(declared.ms);
  if (mode === 'fixed-delay') return fixedDelay(declared.ms);
  throw new ConfigurationError(`mode is ${show(mode)}. Choose "fixed-rate" or "fixed-delay".`);
}

function optionsOf(given: unknown, decorator: string, className: string, member: string | symbol): Options {
  if (given === undefined) return NO_OPTIONS;
  if (typeof given === 'string') return { lock: given };
  const method = `${className}.${memberName(member)}`;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new ConfigurationError(
      `${decorator} of ${method} was given ${show(given)} for its lock. Choose the lock's name, or options.`,
    );
  }
  const legal = [...OPTIONS, decorator === '@ExclusiveCron' ? 'timeZone' : 'mode'];
  const unknown = Object.keys(given).filter((option) => !legal.includes(option));
  if (unknown.length === 0) return given;
  throw new ConfigurationError(
    `${decorator} of ${method} knows no option ${show(unknown[0])}. Choose among ${legal.join(', ')}.`,
  );
}

function defaultName(className: string, member: string | symbol, decorator: string): string {
  // `join` makes one flat string. A template leaves a chain of parts behind, which is kept for as long as the job.
  if (className !== '' && memberName(member) !== '') return [className, memberName(member)].join('.');
  throw new ConfigurationError(
    `${decorator} was put on a method of which the class or the symbol has no name. Give the job a \`name\`.`,
  );
}

function twice(name: string, first: JobHost, second: JobHost): string {
  const places = [first, second].map(({ declared, module }) => `${declared.className} in ${module.name}`);
  const remedy =
    first.prototype === second.prototype && first.wrapper !== second.wrapper
      ? 'Provide the class in one module, and export it from there.'
      : 'Give one of them another `name`.';
  return `Two jobs are called "${name}": ${places.join(', and ')}. ${remedy}`;
}

const NO_OPTIONS: Options = {};
const OPTIONS: readonly string[] = ['lock', 'name', 'ttl', 'enabled', 'onCrash', 'missed', 'maxRuntime'];
