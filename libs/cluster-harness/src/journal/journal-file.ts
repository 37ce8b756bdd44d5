import { appendFileSync, closeSync, openSync } from 'node:fs';
import { hostTime } from '../host-time.js';
import type { Entry, Unstamped } from './entry.js';

/**
 * A file of JSON lines that is only ever appended to, by one process.
 *
 * Each entry is one synchronous write, so it is with the operating system when `append` returns: a SIGKILL takes at
 * most the line in progress.
 */
export class JournalFile {
  readonly #descriptor: number;

  /** Throws if the file exists: two lives in one journal could not be told apart. */
  constructor(path: string) {
    this.#descriptor = openSync(path, 'ax');
  }

  append(instance: string, entry: Unstamped, at = hostTime()): void {
    // An entry that is spread loses which member of the union it is.
    const stamped = { at, wall: Date.now(), instance, ...entry } as Entry;
    appendFileSync(this.#descriptor, `${JSON.stringify(stamped)}\n`);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
