import { ConfigurationError, lockNameProblem, show } from '@leased-jobs/core';
import { memberName } from '../discovery/declared-methods.js';
import type { LockOf, SectionDeclaration } from './section-declaration.js';

/** How one class's exclusive method is entered: what it was decorated with, checked and complete. */
export interface SectionPolicy {
  readonly name: string;
  /** `null`: it has the name of the class and the method. */
  readonly lock: string | LockOf<unknown[]> | null;
  readonly whenHeld: 'skip' | 'wait' | 'throw';
  /** Milliseconds. */
  readonly wait: number;
  readonly ttl: number | undefined;
}

/**
 * @param constructor The class of the instance: a subclass has locks of its own, unless the decorator names one.
 * @throws ConfigurationError that names the method, the value, and what is legal.
 */
export function sectionPolicy(
  { member, misplaced, options }: SectionDeclaration,
  constructor: Function,
): SectionPolicy {
  const method = `${constructor.name}.${memberName(member)}`;
  const refuse = (what: string): ConfigurationError =>
    new ConfigurationError(`@Exclusive of ${method}: ${what}`);
  if (misplaced !== null) {
    throw new ConfigurationError(
      `@Exclusive was put on ${method.replace(/\.$/, '')}, which is ${misplaced}. Put it on a method of an instance.`,
    );
  }
  if (typeof options !== 'object' || options === null) {
    throw refuse(
      `it was given ${show(options)}. Choose the lock's name, a function that makes it, or options.`,
    );
  }
  const unknown = Object.keys(options).find((option) => !OPTIONS.includes(option));
  if (unknown !== undefined) {
    throw refuse(`it knows no option ${show(unknown)}. Choose among ${OPTIONS.join(', ')}.`);
  }
  const { name = method, lock, wait, ttl, ...given } = options as Record<string, unknown>;
  if (typeof name !== 'string' || name === '')
    throw refuse(`name is ${show(name)}. Choose a name, or leave it out.`);
  if (lock === undefined && name === method && /^\.|\.$/.test(method)) {
    throw refuse('the class or the symbol has no name, and so its lock has none. Name the lock.');
  }
  const problem = typeof lock === 'function' || lock === undefined ? null : lockNameProblem(lock);
  if (problem !== null) throw refuse(problem);
  if (wait !== undefined && (typeof wait !== 'number' || !(wait >= 0))) {
    throw refuse(`wait is ${show(wait)}. Choose a number of milliseconds from 0 on.`);
  }
  const { whenHeld = wait === undefined ? 'skip' : 'wait' } = given;
  if (whenHeld !== 'skip' && whenHeld !== 'wait' && whenHeld !== 'throw') {
    throw refuse(`whenHeld is ${show(whenHeld)}. Choose "skip", "wait" or "throw".`);
  }
  if (wait !== undefined && whenHeld !== 'wait') {
    throw refuse(
      `wait is ${wait}, and whenHeld is "${whenHeld}". Choose whenHeld: "wait", or leave wait out.`,
    );
  }
  return {
    name,
    lock: (lock as SectionPolicy['lock'] | undefined) ?? (name === method ? null : name),
    whenHeld,
    wait: wait ?? 30_000,
    ttl: ttl as number | undefined,
  };
}

const OPTIONS: readonly string[] = ['lock', 'whenHeld', 'wait', 'ttl', 'name'];
