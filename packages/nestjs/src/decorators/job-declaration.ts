import { ConfigurationError, type JobPolicies } from '@leased-jobs/core';
import type { FromDi } from './from-di.js';

/** What a job decorator takes besides its schedule. All durations are milliseconds. */
export interface JobOptions extends Omit<JobPolicies, 'ttl' | 'enabled'> {
  /** The lock that a run holds. Jobs that share one exclude each other. Default: the job's name. */
  readonly lock?: string;
  /** The job's name: unique in the app, and the same in all instances. Default: `Class.method`. */
  readonly name?: string;
  /** How long a crashed holder blocks the others. `LEASED_JOBS_<JOB>_TTL`. Default: the app's ttl. */
  readonly ttl?: number | FromDi<number | undefined>;
  /** `false`: this instance never runs the job. `LEASED_JOBS_<JOB>_ENABLED`. Default: `true`. */
  readonly enabled?: boolean | FromDi<boolean | undefined>;
  /** Names of components: the job does not run on this instance before `StartupCoordinator` was told that they are ready. */
  readonly waitFor?: readonly string[];
}

/** What a decorator has recorded. It is checked when the app starts, together with everything else. */
export interface JobDeclaration {
  readonly decorator: JobDecorator;
  readonly member: string | symbol;
  /** What was decorated, if it cannot be a job: `a static method`. */
  readonly misplaced: string | null;
  /** When the job is due, or what it is done once for, if that was written in the decorator's parentheses. */
  readonly when: number | string | FromDi<number | string | undefined> | undefined;
  readonly options: string | object | undefined;
}

/** What declares a job. */
export type JobDecorator =
  '@ExclusiveInterval' | '@ExclusiveCron' | '@ExclusiveOnBootstrap' | '@ExclusiveService' | 'ExclusiveWorker';

/**
 * A decorator that records a job.
 *
 * The record is kept with the class, not with the function: another decorator may replace the function, and a
 * subclass may override it. It is a plain property, because `reflect-metadata` takes a microsecond to say of a class
 * that it has nothing, and an app asks that of all its classes.
 */
export function declareJob(
  decorator: JobDecorator,
  when: JobDeclaration['when'],
  options: string | object | undefined,
): MethodDecorator {
  return (target: object, member: string | symbol | undefined, descriptor?: PropertyDescriptor) => {
    if (typeof member === 'object') {
      throw new ConfigurationError(
        `${decorator} was applied as a standard decorator, which Nest does not support. Set "experimentalDecorators" in tsconfig.json.`,
      );
    }
    record(target, {
      decorator,
      member: member ?? '',
      misplaced: misplaced(target, member, descriptor),
      when,
      options,
    });
  };
}

/** Keeps a declaration with a prototype, or with a class for its static members. */
export function record(target: object, declaration: JobDeclaration): void {
  const own = ownDeclarations(target);
  if (own) own.push(declaration);
  else Object.defineProperty(target, KEY, { value: [declaration] });
}

/** What was declared on this very object: a prototype, or a class for its static members. */
export function ownDeclarations(target: object): JobDeclaration[] | undefined {
  return Object.hasOwn(target, KEY) ? (target as { [KEY]: JobDeclaration[] })[KEY] : undefined;
}

/** Whether anything was declared on this object, or on what it inherits from. */
export function hasDeclarations(target: object): boolean {
  return KEY in target;
}

/** What was decorated, if it is no method of an instance. */
export function misplaced(
  target: object,
  member: string | symbol | undefined,
  descriptor: PropertyDescriptor | undefined,
): string | null {
  if (member === undefined) return 'a class';
  if (typeof target === 'function') return 'a static member';
  if (descriptor === undefined) return 'a property';
  if ('get' in descriptor || 'set' in descriptor) return 'a getter or setter';
  if (typeof descriptor.value !== 'function') return 'no method';
  // Its call would succeed, and have done nothing.
  return isGenerator(descriptor.value as { prototype?: unknown })
    ? 'a generator, which nobody would iterate'
    : null;
}

function isGenerator({ prototype }: { readonly prototype?: unknown }): boolean {
  return Object.prototype.toString.call(prototype).endsWith('Generator]');
}

/** Fixed: what one copy of this package has recorded, another copy finds. */
const KEY = Symbol.for('leased-jobs:jobs');
