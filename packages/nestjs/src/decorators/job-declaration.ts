import { ConfigurationError, type JobPolicies } from '@leased-jobs/core';

/** What a job decorator takes besides its schedule. All durations are milliseconds. */
export interface JobOptions extends JobPolicies {
  /** The lock that a run holds. Jobs that share one exclude each other. Default: the job's name. */
  readonly lock?: string;
  /** The job's name: unique in the app, and the same in all instances. Default: `Class.method`. */
  readonly name?: string;
}

/** What a decorator has recorded. It is checked when the app starts, together with everything else. */
export interface JobDeclaration {
  readonly member: string | symbol;
  /** What was decorated, if it cannot be a job: `a static method`. */
  readonly misplaced: string | null;
  readonly schedule: ScheduleDeclaration;
  readonly options: string | JobOptions | undefined;
}

/** One case for each decorator: what was written in its parentheses. */
export type ScheduleDeclaration =
  | { readonly decorator: '@ExclusiveInterval'; readonly ms: number }
  | { readonly decorator: '@ExclusiveCron'; readonly expression: string };

/**
 * A decorator that records a job.
 *
 * The record is kept with the class, not with the function: another decorator may replace the function, and a
 * subclass may override it. It is a plain property, because `reflect-metadata` takes a microsecond to say of a class
 * that it has nothing, and an app asks that of all its classes.
 */
export function declareJob(
  schedule: ScheduleDeclaration,
  options: string | JobOptions | undefined,
): MethodDecorator {
  return (target: object, member: string | symbol | undefined, descriptor?: PropertyDescriptor) => {
    if (typeof member === 'object') {
      throw new ConfigurationError(
        `${schedule.decorator} was applied as a standard decorator, which Nest does not support. Set "experimentalDecorators" in tsconfig.json.`,
      );
    }
    const declaration = {
      member: member ?? '',
      misplaced: misplaced(target, member, descriptor),
      schedule,
      options,
    };
    const own = ownDeclarations(target);
    if (own) own.push(declaration);
    else Object.defineProperty(target, KEY, { value: [declaration] });
  };
}

/** What was declared on this very object: a prototype, or a class for its static members. */
export function ownDeclarations(target: object): JobDeclaration[] | undefined {
  return Object.hasOwn(target, KEY) ? (target as { [KEY]: JobDeclaration[] })[KEY] : undefined;
}

/** Whether anything was declared on this object, or on what it inherits from. */
export function hasDeclarations(target: object): boolean {
  return KEY in target;
}

function misplaced(
  target: object,
  member: string | symbol | undefined,
  descriptor: PropertyDescriptor | undefined,
): string | null {
  if (member === undefined) return 'a class';
  if (typeof target === 'function') return 'a static member';
  if (descriptor === undefined) return 'a property';
  if ('get' in descriptor || 'set' in descriptor) return 'a getter or setter';
  return typeof descriptor.value === 'function' ? null : 'no method';
}

/** Fixed: what one copy of this package has recorded, another copy finds. */
const KEY = Symbol.for('leased-jobs:jobs');
