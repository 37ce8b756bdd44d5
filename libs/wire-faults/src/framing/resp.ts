import type { Framer, Protocol, WireMessage } from './framer.js';
import { Unread } from './unread.js';

/**
 * The protocol of Redis, RESP2 and RESP3. Not for connections that subscribe: what is pushed to them answers no request.
 */
export const RESP: Protocol = {
  requests: () => new RespFramer(commandName),
  answers: () => new RespFramer((bytes) => bytes.toString('latin1', 0, 1)),
};

/** Requests and answers are alike: each is one value, and a request is an array of strings. */
class RespFramer implements Framer {
  readonly #unread = new Unread();
  readonly #nameOf: (bytes: Buffer) => string;

  constructor(nameOf: (bytes: Buffer) => string) {
    this.#nameOf = nameOf;
  }

  push(chunk: Buffer): readonly WireMessage[] {
    this.#unread.add(chunk);
    const messages: WireMessage[] = [];
    for (;;) {
      const end = endOfValue(this.#unread.bytes, 0);
      if (end === null) return messages;
      const bytes = this.#unread.take(end);
      messages.push({ name: this.#nameOf(bytes), bytes });
    }
  }

  end(): readonly WireMessage[] {
    return [];
  }
}

/** Where the value that begins at `start` ends; `null` if it has not all arrived. */
function endOfValue(bytes: Buffer, start: number): number | null {
  const lineEnd = bytes.indexOf('\r\n', start);
  if (lineEnd < 0) return null;
  const type = bytes.toString('latin1', start, start + 1);
  const next = lineEnd + 2;
  if (LINES.has(type)) return next;
  const count = Number(bytes.toString('latin1', start + 1, lineEnd));
  if (!Number.isInteger(count)) throw new Error(`This is not RESP: ${show(bytes, start)}`);
  if (TEXTS.has(type)) {
    const end = count < 0 ? next : next + count + 2;
    return end <= bytes.length ? end : null;
  }
  const members = MEMBERS.get(type);
  if (members === undefined) throw new Error(`This is not RESP: ${show(bytes, start)}`);
  // An attribute is no value: it stands before the one that it belongs to.
  const left = Math.max(count, 0) * members + (type === '|' ? 1 : 0);
  return endOfValues(bytes, next, left);
}

function endOfValues(bytes: Buffer, start: number, count: number): number | null {
  let at = start;
  for (let n = 0; n < count; n++) {
    const end = endOfValue(bytes, at);
    if (end === null) return null;
    at = end;
  }
  return at;
}

/** The first word of a command, in upper case. */
function commandName(bytes: Buffer): string {
  const [, , word = ''] = bytes.toString('latin1', 0, 64).split('\r\n');
  return word.toUpperCase();
}

function show(bytes: Buffer, start: number): string {
  return JSON.stringify(bytes.toString('latin1', start, start + 40));
}

/** A whole value on one line: simple string, error, integer, null, boolean, double, big number. */
const LINES = new Set(['+', '-', ':', '_', '#', ',', '(']);
/** So many bytes, and a line end: bulk string, bulk error, verbatim string. */
const TEXTS = new Set(['$', '!', '=']);
/** So many members, of so many values each: array, set, push, map, attribute. */
const MEMBERS = new Map([
  ['*', 1],
  ['~', 1],
  ['>', 1],
  ['%', 2],
  ['|', 2],
]);
