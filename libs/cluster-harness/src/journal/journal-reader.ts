import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Entry } from './entry.js';

/**
 * Reads a journal while it is being written, each byte once.
 *
 * A line counts when its newline is there. What follows the last newline is the entry that a SIGKILL took, or one that
 * is being written; a broken line anywhere else is an error.
 */
export class JournalReader {
  readonly #path: string;
  readonly #entries: Entry[] = [];
  #offset = 0;
  #lines = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** All entries so far, in the order of writing. None if there is no such file yet. */
  read(): readonly Entry[] {
    const fresh = this.#bytesSince(this.#offset);
    const end = fresh.lastIndexOf(NEWLINE) + 1;
    if (end === 0) return this.#entries;
    const lines = fresh.toString('utf8', 0, end - 1).split('\n');
    this.#entries.push(...lines.map((line, index) => this.#parse(line, this.#lines + index + 1)));
    this.#lines += lines.length;
    this.#offset += end;
    return this.#entries;
  }

  #parse(line: string, number: number): Entry {
    const entry = entryOf(line);
    if (!entry) throw new Error(`${this.#path}:${number} is no journal entry: ${line.slice(0, 200)}`);
    return entry;
  }

  #bytesSince(offset: number): Buffer {
    if (!existsSync(this.#path)) return Buffer.alloc(0);
    const descriptor = openSync(this.#path, 'r');
    try {
      const bytes = Buffer.alloc(Math.max(0, fstatSync(descriptor).size - offset));
      return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, offset));
    } finally {
      closeSync(descriptor);
    }
  }
}

const NEWLINE = 0x0a;

const KINDS: Readonly<Record<Entry['kind'], true>> = {
  started: true,
  stopped: true,
  blocked: true,
  unblocked: true,
  'run-started': true,
  step: true,
  aborted: true,
  'run-ended': true,
  killed: true,
  frozen: true,
  thawed: true,
  exited: true,
};

function entryOf(line: string): Entry | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { at, kind, instance } = value as Partial<Entry>;
  const known = typeof kind === 'string' && Object.hasOwn(KINDS, kind);
  return known && typeof at === 'number' && typeof instance === 'string' ? (value as Entry) : null;
}
