import type { Framer, Protocol, WireMessage } from './framer.js';
import { endOfChunks } from './http-chunks.js';
import { Unread } from './unread.js';

/** HTTP/1.1, as clients of storage services speak it: without upgrades, CONNECT, or `Expect: 100-continue`. */
export const HTTP: Protocol = {
  requests: () => new HttpFramer((head) => requestBody(head)),
  answers: (nextUnanswered) => new HttpFramer((head) => answerBody(head, nextUnanswered())),
};

/** What follows a head: so many bytes, chunks, or all until the connection closes. */
type Body = number | 'chunks' | 'until-close';

interface Head {
  readonly start: string;
  readonly headers: ReadonlyMap<string, string>;
}

class HttpFramer implements Framer {
  readonly #unread = new Unread();
  readonly #bodyAfter: (head: Head) => Body;

  constructor(bodyAfter: (head: Head) => Body) {
    this.#bodyAfter = bodyAfter;
  }

  push(chunk: Buffer): readonly WireMessage[] {
    this.#unread.add(chunk);
    const messages: WireMessage[] = [];
    for (;;) {
      const message = this.#next(false);
      if (!message) return messages;
      messages.push(message);
    }
  }

  end(): readonly WireMessage[] {
    const last = this.#next(true);
    return last ? [last] : [];
  }

  #next(closed: boolean): WireMessage | null {
    const { bytes } = this.#unread;
    let at = 0;
    for (;;) {
      const end = bytes.indexOf('\r\n\r\n', at);
      if (end < 0) return null;
      const head = headOf(bytes.toString('latin1', at, end));
      at = end + 4;
      // What is said in between goes with the answer that follows it.
      if (isInterim(head)) continue;
      const total = endOfBody(bytes, at, this.#bodyAfter(head), closed);
      return total === null ? null : { name: nameOf(head), bytes: this.#unread.take(total) };
    }
  }
}

function endOfBody(bytes: Buffer, start: number, body: Body, closed: boolean): number | null {
  if (body === 'until-close') return closed ? bytes.length : null;
  const end = body === 'chunks' ? endOfChunks(bytes, start) : start + body;
  return end !== null && end <= bytes.length ? end : null;
}

function requestBody({ headers }: Head): Body {
  return isChunked(headers) ? 'chunks' : (lengthOf(headers) ?? 0);
}

function answerBody({ start, headers }: Head, request: WireMessage | undefined): Body {
  const status = statusOf(start);
  if (request?.name.startsWith('HEAD ') || status === '204' || status === '304') return 0;
  if (isChunked(headers)) return 'chunks';
  return lengthOf(headers) ?? 'until-close';
}

function headOf(text: string): Head {
  const [start = '', ...lines] = text.split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { start, headers: new Map(headers) };
}

/** `PUT /container/blob?comp=lease acquire`, or the status of an answer. */
function nameOf({ start, headers }: Head): string {
  if (start.startsWith('HTTP/')) return statusOf(start);
  const [method = '', target = ''] = start.split(' ');
  return [method, target, headers.get('x-ms-lease-action')].filter(Boolean).join(' ');
}

function isInterim({ start }: Head): boolean {
  return start.startsWith('HTTP/') && statusOf(start).startsWith('1');
}

function statusOf(start: string): string {
  return start.split(' ')[1] ?? '';
}

function isChunked(headers: ReadonlyMap<string, string>): boolean {
  return /\bchunked$/i.test(headers.get('transfer-encoding') ?? '');
}

function lengthOf(headers: ReadonlyMap<string, string>): number | undefined {
  const text = headers.get('content-length');
  return text === undefined ? undefined : Number(text);
}
