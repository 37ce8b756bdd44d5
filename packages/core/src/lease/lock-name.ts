import { show } from '../errors.js';

/** The longest name of a lock, namespace included, in bytes of UTF-8. */
export const MAX_LOCK_NAME_BYTES = 256;

/**
 * Every provider calls this before any I/O. Which characters a store can hold is the provider's business: it
 * encodes the others.
 *
 * @throws RangeError if the name is empty, longer than 256 bytes, or no well-formed Unicode.
 */
export function assertLockName(lock: string): void {
  const problem = lockNameProblem(lock);
  if (problem !== null) throw new RangeError(problem);
}

/** What is wrong with a lock's name, in a sentence that says what is legal; `null` if nothing is. */
export function lockNameProblem(lock: unknown): string | null {
  if (typeof lock !== 'string' || lock.length === 0) {
    return `A lock cannot be called ${show(lock)}. Give it a name of 1 to ${MAX_LOCK_NAME_BYTES} bytes.`;
  }
  // A character takes three bytes at most.
  if (lock.length * 3 > MAX_LOCK_NAME_BYTES && Buffer.byteLength(lock) > MAX_LOCK_NAME_BYTES) {
    const bytes = Buffer.byteLength(lock);
    return `The lock name "${lock.slice(0, 40)}…" is ${bytes} bytes long, namespace included. Shorten it to at most ${MAX_LOCK_NAME_BYTES}.`;
  }
  // A lone surrogate turns into U+FFFD on its way to any store, so that two names would become one lock.
  if (!lock.isWellFormed())
    return `The lock name ${show(lock)} is not well-formed Unicode. Remove the lone surrogate.`;
  return null;
}
