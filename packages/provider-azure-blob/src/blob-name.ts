/**
 * The name of a lock's blob: the lock's name, readable, with everything percent-encoded that some tool on the way could
 * confuse, and `.json` at its end, so that none ends in a dot or a slash.
 *
 * How a character is encoded depends on the one before it at most, so the encoded beginning of a lock's name is the
 * beginning of its blob's name.
 */
export function blobName(lock: string): string {
  return `${encodeLock(lock)}${SUFFIX}`;
}

/** What the names of all blobs begin with whose locks begin with this. */
export function blobPrefix(prefix: string): string {
  return encodeLock(prefix);
}

/** The lock of a blob; `null` if no lock has a blob of that name. */
export function lockOfBlob(name: string): string | null {
  if (!name.endsWith(SUFFIX)) return null;
  try {
    const lock = decodeURIComponent(name.slice(0, -SUFFIX.length));
    return blobName(lock) === name ? lock : null;
  } catch {
    return null;
  }
}

function encodeLock(lock: string): string {
  return lock.replaceAll(UNSAFE, percentEncoded);
}

function percentEncoded(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('');
}

/** What begins a path segment with a dot (`.`, `..`), or makes an empty one, is unsafe by its place. */
const UNSAFE = /[^\w./:-]|(?<=^|\/)[./]/gu;
const SUFFIX = '.json';
