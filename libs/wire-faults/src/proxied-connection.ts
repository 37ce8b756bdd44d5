import type { Socket } from 'node:net';
import { deliverApart } from './deliver-apart.js';
import type { Breakage, Fault } from './fault.js';
import type { Framer, Protocol, WireMessage } from './framing/framer.js';
import { Wire } from './wire.js';

export interface ConnectionOptions {
  readonly protocol: Protocol;
  readonly openUpstream: () => Socket;
  readonly faultFor: (request: WireMessage) => Fault | null;
  /** `null` while things pass; else resolves when they do again. */
  readonly passable: () => Promise<void> | null;
}

interface Exchange {
  readonly request: WireMessage;
  readonly fault: Fault | null;
}

/** One client's connection, and the one to the server that stands for it. Both directions keep their order. */
export class ProxiedConnection {
  readonly #options: ConnectionOptions;
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #requests: Framer;
  readonly #answers: Framer;
  readonly #wire: Wire;
  readonly #unanswered: Exchange[] = [];
  readonly #endListeners: (() => void)[] = [];
  #toServer = Promise.resolve();
  #toClient = Promise.resolve();
  /** Copies under way over connections of their own. */
  #apart = 0;
  /** Nothing more goes to the server. */
  #cut = false;
  /** Nothing more goes to the client. */
  #mute = false;

  constructor(client: Socket, options: ConnectionOptions) {
    this.#options = options;
    this.#client = client;
    this.#upstream = options.openUpstream();
    this.#wire = new Wire(options.passable);
    this.#requests = options.protocol.requests();
    this.#answers = options.protocol.answers(() => this.#unanswered[0]?.request);
    for (const socket of [client, this.#upstream]) {
      socket.setNoDelay(true);
      // What has broken is seen by its closing.
      socket.on('error', () => {});
    }
    client.on('data', (chunk) => this.#read(() => this.#requests.push(chunk).forEach((m) => this.#take(m))));
    client.on('close', () => this.#queueToServer(() => this.#closeUpstream()));
    const upstream = this.#upstream;
    upstream.on('data', (chunk) => this.#read(() => this.#relay(this.#answers.push(chunk))));
    upstream.on('close', () => {
      this.#read(() => this.#relay(this.#answers.end()));
      this.#queueToClient(() => this.#closeClient());
    });
  }

  get isOpen(): boolean {
    return !this.#client.destroyed;
  }

  /** `listener` is called when nothing is left of this connection. */
  onEnd(listener: () => void): void {
    this.#endListeners.push(listener);
  }

  /** Ends all of it at once; what is under way never arrives. */
  destroy(): void {
    this.#wire.end();
    this.#client.destroy();
    this.#upstream.destroy();
  }

  /** What is not this protocol ends the connection: no fault could be told from it. */
  #read(read: () => void): void {
    try {
      read();
    } catch {
      this.destroy();
    }
  }

  #take(request: WireMessage): void {
    const exchange = { request, fault: this.#options.faultFor(request) };
    this.#queueToServer(() => this.#send(exchange));
  }

  #relay(answers: readonly WireMessage[]): void {
    for (const answer of answers) {
      const exchange = this.#unanswered.shift();
      this.#queueToClient(() => this.#answer(answer, exchange?.fault ?? null));
    }
  }

  async #send(exchange: Exchange): Promise<void> {
    const { request, fault } = exchange;
    if (fault?.kind === 'break-before' || fault?.kind === 'arrive-late') {
      this.#cut = true;
      this.#break(fault.kind === 'break-before' ? fault.by : 'close');
      if (fault.kind === 'arrive-late') void this.#sendApart(request, fault.by);
      return;
    }
    if (fault?.kind === 'delay' && fault.half === 'request') await this.#wire.pause(fault.by);
    if (this.#cut) return;
    this.#unanswered.push(exchange);
    await this.#wire.pass(this.#upstream, request.bytes, pace(fault, 'request'));
    if (fault?.kind === 'duplicate') void this.#sendApart(request, fault.after);
  }

  async #answer(answer: WireMessage, fault: Fault | null): Promise<void> {
    if (fault?.kind === 'delay' && fault.half === 'answer') await this.#wire.pause(fault.by);
    if (fault?.kind === 'swallow') this.#mute = true;
    if (fault?.kind === 'break-after') {
      await this.#wire.pause(0);
      this.#break(fault.by);
    }
    if (!this.#mute) await this.#wire.pass(this.#client, answer.bytes, pace(fault, 'answer'));
  }

  /** Never rejects. Nobody waits for it but the end of this connection. */
  async #sendApart(request: WireMessage, after: number): Promise<void> {
    this.#apart++;
    const { openUpstream, protocol } = this.#options;
    const answers = protocol.answers(() => request);
    await deliverApart(request, { after, wire: this.#wire, openUpstream, answers });
    this.#apart--;
    this.#tellEnd();
  }

  #break(by: Breakage): void {
    this.#mute = true;
    if (by === 'reset') this.#client.resetAndDestroy();
    else this.#client.destroy();
  }

  async #closeUpstream(): Promise<void> {
    await this.#wire.pause(0);
    // The server carries out what it has read before it sees the end.
    this.#upstream.end();
    this.#tellEnd();
  }

  async #closeClient(): Promise<void> {
    await this.#wire.pause(0);
    this.#client.destroy();
    this.#tellEnd();
  }

  #tellEnd(): void {
    if (!this.#client.destroyed || !this.#upstream.destroyed || this.#apart > 0) return;
    for (const listener of this.#endListeners.splice(0)) listener();
  }

  /** Nothing that is queued rejects: a wire that has ended lets it return, and sockets tell of errors by closing. */
  #queueToServer(work: () => Promise<void>): void {
    this.#toServer = this.#toServer.then(work);
  }

  #queueToClient(work: () => Promise<void>): void {
    this.#toClient = this.#toClient.then(work);
  }
}

function pace(fault: Fault | null, half: 'request' | 'answer') {
  return fault?.kind === 'trickle' && fault.half === half ? fault : undefined;
}
