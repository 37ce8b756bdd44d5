/** The keys of one lock, as `redis-cli --scan --pattern 'leased-jobs:*'` shows them. */
export interface LockKeys {
  /** `<grant id> <holder>`, and the ttl. It is there while the lease is live. */
  readonly lease: string;
  /** The last fencing token granted. */
  readonly token: string;
  /** What is known of the lock's jobs: a hash with a field for each thing. See `lock-scripts.ts`. */
  readonly record: string;
}

/** All keys of a lock share a hash tag, so they lie on one node of a Cluster. */
export function lockKeys(lock: string): LockKeys {
  const root = `${PREFIX}{${encoded(lock)}}`;
  return { lease: `${root}:lease`, token: `${root}:token`, record: `${root}:record` };
}

/** The lock that a key belongs to; `null` for a key that is none of ours. */
export function lockOfKey(key: string): string | null {
  const name = KEY.exec(key)?.[1];
  if (name === undefined) return null;
  try {
    return decodeURIComponent(name);
  } catch {
    return null;
  }
}

/** A glob that the keys of all locks with that prefix match. Some others may match it too. */
export function keyPattern(lockPrefix: string): string {
  return `${PREFIX}{${lockPrefix.isWellFormed() ? encoded(lockPrefix) : ''}*`;
}

/**
 * A brace would end the hash tag, and a name that begins with `}` would have none. Characters that mean something in a
 * glob, or that a terminal would not show, are encoded as well.
 */
function encoded(name: string): string {
  return PLAIN.test(name) ? name : name.replace(SPECIAL, percentEncoded);
}

function percentEncoded(character: string): string {
  return character === '*' ? '%2A' : encodeURIComponent(character);
}

const PREFIX = 'leased-jobs:';
const KEY = /^leased-jobs:\{([^{}]+)\}:(?:lease|token|record)$/;
const PLAIN = /^[\w/.:@#=+,~-]*$/;
const SPECIAL = /[^\w/.:@#=+,~-]/gu;
