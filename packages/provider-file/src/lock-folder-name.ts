import { createHash } from 'node:crypto';

/**
 * The name of a lock's folder: the lock's name, with everything percent-encoded that some file system cannot hold or
 * would confuse. Capitals too: on a file system that ignores case, `A` and `a` must stay two locks.
 *
 * File systems end a name at 255 bytes. What would be longer keeps its beginning, for people, and is told by its hash.
 */
export function lockFolderName(lock: string): string {
  const encoded = [...Buffer.from(lock)].map(encodeByte).join('').replaceAll(OUTER_DOT, '%2e');
  if (encoded.length <= LONGEST) return encoded;
  const beginning = encoded.slice(0, KEPT).replace(CUT_ESCAPE, '');
  return `${beginning}${HASH_MARK}${createHash('sha256').update(lock).digest('hex')}`;
}

/** The lock of a folder; `null` if its name does not tell, so that the record in it must be asked. */
export function lockOfFolder(name: string): string | null {
  if (name.includes(HASH_MARK)) return null;
  try {
    const lock = decodeURIComponent(name);
    return lockFolderName(lock) === name ? lock : null;
  } catch {
    return null;
  }
}

/** Whether a folder's name can be one of ours. */
export function isLockFolder(name: string): boolean {
  return name.includes(HASH_MARK) || lockOfFolder(name) !== null;
}

function encodeByte(byte: number): string {
  const character = String.fromCodePoint(byte);
  return SAFE.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
}

const SAFE = /[a-z0-9._-]/;
/** `.`, `..` and hidden names at the front; Windows drops a dot at the end. */
const OUTER_DOT = /^\.|\.$/g;
const LONGEST = 200;
const KEPT = 100;
const CUT_ESCAPE = /%.?$/;
/** No encoded name holds it, as `s` is no hexadecimal digit. */
const HASH_MARK = '%sha256-';
