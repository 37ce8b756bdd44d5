import {
  createServer,
  request as requestPlainly,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { request as requestByTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type BlobAccount, blobAccount, connectionStringAt } from './blob-account.js';

/**
 * - `refused`: answered with 503, and not passed on.
 * - `answer-lost`: carried out, and the connection broken instead of an answer.
 */
export type AzuriteFault = 'refused' | 'answer-lost';

/** Starts a proxy in front of an Azurite or another account, on a free port of 127.0.0.1. */
export async function startAzuriteProxy(target: BlobAccount): Promise<AzuriteProxy> {
  const proxy = new AzuriteProxy(target);
  await proxy.begin();
  return proxy;
}

/** A wire that counts the requests to an Azurite, and can fall silent, refuse a request, or lose an answer. */
export class AzuriteProxy implements AsyncDisposable {
  /** What was asked, in order of arrival: `GET`, `PUT lease acquire`. */
  readonly requests: string[] = [];
  readonly #account: BlobAccount;
  readonly #target: URL;
  readonly #server: Server;
  readonly #armed = new Set<{ readonly fault: AzuriteFault; left: number }>();
  #frozen: (() => void)[] | null = null;

  /** @internal */
  constructor(account: BlobAccount) {
    this.#account = account;
    this.#target = new URL(account.url);
    this.#server = createServer((incoming, response) => {
      this.#answer(incoming, response);
    });
  }

  /** Of the account, as in a connection string. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}${this.#target.pathname.replace(/\/$/, '')}`;
  }

  /** Of the account behind the proxy, through it. */
  get connectionString(): string {
    return connectionStringAt(blobAccount(this.#account.connectionString).credentials, this.url);
  }

  /** @internal */
  begin(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', resolve);
    });
  }

  /** From now on nothing is answered. Returns how to thaw: what was sent meanwhile is then carried out. */
  freeze(): () => void {
    this.#frozen ??= [];
    return () => {
      const waiting = this.#frozen ?? [];
      this.#frozen = null;
      for (const arrive of waiting) arrive();
    };
  }

  /** Lets the `nth` request from now on go wrong. */
  disturb(fault: AzuriteFault, nth = 1): { readonly struck: boolean; end(): void } {
    const armed = { fault, left: nth };
    this.#armed.add(armed);
    return {
      get struck() {
        return armed.left <= 0;
      },
      end: () => {
        this.#armed.delete(armed);
      },
    };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #answer(incoming: IncomingMessage, response: ServerResponse): void {
    this.requests.push(nameOf(incoming));
    const fault = this.#faultOfNext();
    if (fault === 'refused') {
      incoming.resume();
      response.writeHead(503, { 'x-ms-error-code': 'ServerBusy', date: new Date().toUTCString() }).end();
    } else if (this.#frozen) {
      this.#frozen.push(() => this.#forward(incoming, response, fault));
    } else {
      this.#forward(incoming, response, fault);
    }
  }

  #forward(incoming: IncomingMessage, response: ServerResponse, fault: AzuriteFault | null): void {
    const { protocol, host, hostname, port } = this.#target;
    const { url, method } = incoming;
    const request = protocol === 'https:' ? requestByTls : requestPlainly;
    const headers = { ...incoming.headers, host };
    const outgoing = request({ hostname, port, path: url, method, headers, agent: false }, (answer) => {
      if (fault === 'answer-lost') {
        answer.resume().once('end', () => response.destroy());
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.once('error', () => response.destroy());
    incoming.pipe(outgoing);
  }

  #faultOfNext(): AzuriteFault | null {
    let struck: AzuriteFault | null = null;
    for (const armed of this.#armed) {
      if (--armed.left === 0) struck = armed.fault;
    }
    return struck;
  }
}

function nameOf({ method, url, headers }: IncomingMessage): string {
  const query = new URL(url ?? '', 'http://azurite').searchParams;
  const action = headers['x-ms-lease-action'];
  return [method, query.get('comp') ?? query.get('restype'), action].filter(Boolean).join(' ');
}
