/** What `@Exclusive` takes besides the lock. */
export interface ExclusiveOptions<Args extends unknown[] = []> {
  /** The lock that a call holds, or how to make its name of the call's arguments. Default: the name. */
  readonly lock?: string | LockOf<Args>;
  /**
   * What becomes of a call while somebody holds the lock. `skip`: it returns `undefined`. `throw`: it throws a
   * `LockHeldError`. `wait`: it waits for the lock, and throws if that takes longer than `wait`. Default: `skip`, or
   * `wait` if there is a `wait`.
   */
  readonly whenHeld?: 'skip' | 'wait' | 'throw';
  /** For how many milliseconds at most a call waits for the lock. Default: 30 000. */
  readonly wait?: number;
  /** For how many milliseconds a crashed holder blocks the others. Default: the app's ttl. */
  readonly ttl?: number;
  /** What a call is named in `currentRun().job`, and in logs. Default: `Class.method`. */
  readonly name?: string;
}

/** Makes a lock's name of a call's arguments. */
export type LockOf<Args extends unknown[]> = (...args: Args) => string;

/** What `@Exclusive` has recorded. It is checked when the app starts, or at the first call if that comes first. */
export interface SectionDeclaration {
  readonly member: string | symbol;
  /** What was decorated, if it cannot be exclusive: `a static member`. */
  readonly misplaced: string | null;
  readonly options: unknown;
}

export function declareSection(target: object, declaration: SectionDeclaration): void {
  const own = ownSections(target);
  if (own) own.push(declaration);
  else Object.defineProperty(target, KEY, { value: [declaration] });
}

/** What was declared on this very object: a prototype, or a class for its static members. */
export function ownSections(target: object): SectionDeclaration[] | undefined {
  return Object.hasOwn(target, KEY) ? (target as { [KEY]: SectionDeclaration[] })[KEY] : undefined;
}

/** Whether anything was declared on this object, or on what it inherits from. */
export function hasSections(target: object): boolean {
  return KEY in target;
}

/** Fixed: what one copy of this package has recorded, another copy finds. */
const KEY = Symbol.for('leased-jobs:exclusive');
