import { ConfigurationError, currentRun, lockNameProblem, LockHeldError } from '@leased-jobs/core';
import type { SectionDeclaration } from './section-declaration.js';
import { sectionsOf } from './section-host.js';
import { type SectionPolicy, sectionPolicy } from './section-policy.js';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * A method in the place of another, which it calls under a lock. For whoever looks at it, it is the other: it has its name,
 * its length, and whatever decorators have noted on it.
 */
export function exclusiveMethod(declaration: SectionDeclaration, method: Method): Method {
  const policies = new WeakMap<Function, SectionPolicy>();
  const exclusive: Method = function (...args) {
    return enter(this, args);
  };
  async function enter(self: unknown, args: unknown[]): Promise<unknown> {
    const policy = policyFor(self);
    const engine = sectionsOf(self)?.engine;
    if (!engine) throw new ConfigurationError(withoutEngine(policy.name));
    const lock = lockOf(policy, self, args);
    const { name, whenHeld, ttl } = policy;
    const wait = whenHeld === 'wait' ? policy.wait : 0;
    const work = (): unknown => Reflect.apply(method, self, args);
    // A run that is told to stop does not wait any more.
    const signal = wait > 0 ? currentRun()?.signal : undefined;
    const options = { name, wait, ...(ttl !== undefined && { ttl }), ...(signal && { signal }) };
    const outcome = await engine.section(lock, work, options);
    if (outcome.ran) return outcome.value;
    if (whenHeld === 'skip') return undefined;
    throw new LockHeldError(lock, outcome.refusal, wait);
  }
  function policyFor(self: unknown): SectionPolicy {
    const constructor = classOf(self);
    const known = policies.get(constructor);
    if (known) return known;
    const policy = sectionPolicy(declaration, constructor);
    policies.set(constructor, policy);
    return policy;
  }
  return disguised(exclusive, method);
}

function lockOf({ lock, name }: SectionPolicy, self: unknown, args: unknown[]): string {
  if (typeof lock !== 'function') return lock ?? name;
  const made: unknown = Reflect.apply(lock, self, args);
  const problem = lockNameProblem(made);
  if (problem === null) return made as string;
  throw new ConfigurationError(
    `@Exclusive of ${name}: ${problem} Its function has made that of the arguments.`,
  );
}

function classOf(self: unknown): Function {
  const { constructor } = (self ?? {}) as { readonly constructor?: unknown };
  if (typeof self === 'function') return self;
  return typeof constructor === 'function' ? constructor : Object;
}

function withoutEngine(method: string): string {
  return (
    `${method} is @Exclusive, and was called on something that no app with LeasedJobsModule has made. ` +
    'Import LeasedJobsModule.forRoot() in the root module, and let Nest make the instance, or provide it.'
  );
}

/** Decorators below have noted their metadata on the method itself. */
function disguised(exclusive: Method, method: Method): Method {
  for (const key of Reflect.ownKeys(method)) {
    if (OWN.has(key)) continue;
    Object.defineProperty(exclusive, key, Object.getOwnPropertyDescriptor(method, key) as PropertyDescriptor);
  }
  for (const key of Reflect.getOwnMetadataKeys(method)) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, method), exclusive);
  }
  return exclusive;
}

/** What every function has of its own, and cannot be given another's. */
const OWN: ReadonlySet<string | symbol> = new Set(['prototype', 'arguments', 'caller']);
