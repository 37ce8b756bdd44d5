import { asError, ConfigurationError, show } from '@leased-jobs/core';
import { type JobSetting, type JobSettings, settingName } from '../configuration/job-settings.js';
import type { CronJobOptions } from '../decorators/exclusive-cron.js';
import type { IntervalJobOptions } from '../decorators/exclusive-interval.js';
import type { BootstrapJobOptions } from '../decorators/exclusive-on-bootstrap.js';
import type { ServiceJobOptions } from '../decorators/exclusive-service.js';
import type { ExclusiveWorker } from '../decorators/exclusive-worker.js';
import type { JobDeclaration, JobDecorator } from '../decorators/job-declaration.js';
import { memberName } from './declared-methods.js';
import type { JobHost } from './job-hosts.js';
import { KINDS } from './job-kinds.js';

/** A job that was declared: named, and with what the environment says of it. Some of it may have to be made by DI yet. */
export interface JobDraft {
  readonly name: string;
  readonly host: JobHost;
  readonly decorator: JobDecorator;
  readonly member: string | symbol;
  readonly options: DeclaredOptions;
  readonly when: unknown;
  /** What says when the job is due, for messages, unless it is the decorator: a variable, or a property. */
  readonly whenFrom: string | null;
  readonly ttl: unknown;
  readonly enabled: unknown;
}

/** Those of all decorators. */
export type DeclaredOptions = CronJobOptions & IntervalJobOptions & BootstrapJobOptions & ServiceJobOptions;

/** @throws ConfigurationError if the declaration makes no sense, or the environment says what is not for it. */
export function jobDraft(host: JobHost, declaration: JobDeclaration, settings: JobSettings): JobDraft {
  const { decorator, member } = declaration;
  const place = `${decorator} of ${host.declared.className}.${memberName(member)}`;
  const given = decorator === 'ExclusiveWorker' ? workerOf(host).lock : declaration.options;
  const options = optionsOf(given, decorator, place);
  const name = options.name ?? defaultName(host.declared.className, member, decorator);
  const setting = settings.of(name);
  const whenFrom = whenceOf(decorator, name, setting);
  return {
    name,
    host,
    decorator,
    member,
    options,
    when: setting.interval ?? setting.cron ?? whenOf(declaration, host, name),
    whenFrom,
    ttl: setting.ttl ?? options.ttl,
    enabled: setting.enabled ?? unlessTrue(options.enabled),
  };
}

/** `true` in the code does not switch on what `LEASED_JOBS_ENABLED` has switched off. */
export function unlessTrue(enabled: unknown): unknown {
  return enabled === true ? undefined : enabled;
}

/** @throws ConfigurationError if a variable says when the job is due that is not for it. */
function whenceOf(decorator: JobDecorator, job: string, setting: JobSetting): string | null {
  const { variable, timing } = KINDS[decorator];
  for (const given of TIMES) {
    if (setting[given] === undefined || given === variable) continue;
    throw new ConfigurationError(
      `${settingName(job, given)} is set, but job "${job}" ${timing}. ` +
        (variable === null ? 'Leave it out.' : `Set ${settingName(job, variable)} instead.`),
    );
  }
  if (variable !== null && setting[variable] !== undefined) return settingName(job, variable);
  return decorator === 'ExclusiveWorker' ? 'Its period' : null;
}

function whenOf({ decorator, when }: JobDeclaration, host: JobHost, job: string): unknown {
  return decorator === 'ExclusiveWorker' ? periodOf(host, job) : when;
}

/** @throws ConfigurationError if there is no one instance that has a period. */
function workerOf({ instance, declared }: JobHost): ExclusiveWorker {
  if (instance) return instance as ExclusiveWorker;
  throw new ConfigurationError(
    `${declared.className} is an ExclusiveWorker, and is request-scoped or transient, so there is no one instance that has its ` +
      `period. Take its scope away, and that of what it injects, or use @ExclusiveInterval on a method of it.`,
  );
}

function periodOf(host: JobHost, job: string): unknown {
  try {
    return workerOf(host).period;
  } catch (thrown) {
    if (thrown instanceof ConfigurationError) throw thrown;
    const { message } = asError(thrown);
    throw new ConfigurationError(`Job "${job}": its period could not be read: ${message}`, { cause: thrown });
  }
}

function optionsOf(given: unknown, decorator: JobDecorator, place: string): DeclaredOptions {
  if (given === undefined) return NO_OPTIONS;
  if (typeof given === 'string') return { lock: given };
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new ConfigurationError(
      `${place} was given ${show(given)} for its lock. Choose the lock's name, or options.`,
    );
  }
  const legal = KINDS[decorator].options;
  const unknown = Object.keys(given).find((option) => !legal.includes(option));
  if (unknown === undefined) return given;
  throw new ConfigurationError(
    `${place} knows no option ${show(unknown)}. Choose among ${legal.join(', ')}.`,
  );
}

function defaultName(className: string, member: string | symbol, decorator: JobDecorator): string {
  const isWorker = decorator === 'ExclusiveWorker';
  if (className !== '' && isWorker) return className;
  // `join` makes one flat string. A template leaves a chain of parts behind, which is kept for as long as the job.
  if (className !== '' && memberName(member) !== '') return [className, memberName(member)].join('.');
  throw new ConfigurationError(
    isWorker
      ? 'An ExclusiveWorker is of a class without a name. Give it a `lock` with a `name`.'
      : `${decorator} was put on a method of which the class or the symbol has no name. Give the job a \`name\`.`,
  );
}

const NO_OPTIONS: DeclaredOptions = {};
const TIMES = ['interval', 'cron'] as const;
