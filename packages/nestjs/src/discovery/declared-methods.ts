import { hasDeclarations, type JobDeclaration, ownDeclarations } from '../decorators/job-declaration.js';

/** The jobs of one class, its base classes included. */
export interface DeclaredMethods {
  readonly className: string;
  readonly jobs: readonly JobDeclaration[];
  /** Sentences about decorators that cannot be honoured. */
  readonly problems: readonly string[];
}

/**
 * Looks from a class's prototype upwards for what decorators have recorded, and at nothing else, so that it costs
 * little for the many classes without a job.
 *
 * A subclass inherits its base class's jobs. Where it overrides a decorated method, it has to say whether the override
 * is a job: by a decorator of its own, which then counts. An override without one could mean either, so it is refused.
 */
export function declaredMethods(prototype: object): DeclaredMethods | null {
  if (!hasDeclarations(prototype) && !hasDeclarations(constructorOf(prototype))) return null;
  const jobs: JobDeclaration[] = [];
  const problems: string[] = [];
  const decided = new Set<string | symbol>();
  const className = classNameOf(prototype);
  const below: object[] = [];
  for (let current: object | null = prototype; current && current !== Object.prototype;) {
    const own = [...(ownDeclarations(current) ?? []), ...(ownDeclarations(constructorOf(current)) ?? [])];
    for (const declaration of own) {
      const { member, misplaced, decorator } = declaration;
      if (decorator === 'ExclusiveWorker') {
        if (decided.has(member)) problems.push(decoratedWork(className));
        else jobs.push(declaration);
        continue;
      }
      if (decided.has(member)) continue;
      const method = `${classNameOf(current)}.${memberName(member)}`;
      const override = below.find((lower) => Object.hasOwn(lower, member));
      if (misplaced !== null) problems.push(misplacement(decorator, method, misplaced));
      else if (override) problems.push(undecidedOverride(decorator, method, classNameOf(override), member));
      else jobs.push(declaration);
    }
    for (const { member } of own) decided.add(member);
    below.push(current);
    current = Object.getPrototypeOf(current) as object | null;
  }
  return { className, jobs, problems };
}

/** A symbol's description, as in `Symbol('send')`: `send`. */
export function memberName(member: string | symbol): string {
  return typeof member === 'string' ? member : (member.description ?? '');
}

function misplacement(decorator: string, method: string, what: string): string {
  return `${decorator} was put on ${method.replace(/\.$/, '')}, which is ${what}. Put it on a method of an instance.`;
}

function decoratedWork(className: string): string {
  return `${className}.doWork is that of an ExclusiveWorker, which is a job by itself. Take its decorator away.`;
}

function undecidedOverride(decorator: string, method: string, by: string, member: string | symbol): string {
  return (
    `${by}.${memberName(member)} overrides ${method}, which has an ${decorator}, and has none itself. ` +
    `Decorate the override, with \`enabled: false\` if it shall not run.`
  );
}

function classNameOf(prototype: object): string {
  return constructorOf(prototype).name;
}

/** `Object` for what has none. */
export function constructorOf(prototype: object): Function {
  const { constructor } = prototype;
  return typeof constructor === 'function' ? constructor : Object;
}
