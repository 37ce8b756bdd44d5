import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type Aim, type ArmedFault, ArmedFaults } from './armed-faults.js';
import type { Fault } from './fault.js';
import type { Protocol, WireMessage } from './framing/framer.js';
import { ProxiedConnection } from './proxied-connection.js';

export interface TcpProxyOptions {
  /** A port of 127.0.0.1. */
  readonly target: number;
  readonly protocol: Protocol;
}

export interface SeenRequest {
  readonly name: string;
  /** As `performance.now()` counts. */
  readonly arrivedAt: number;
}

/** A wire between clients and one server, with the faults that a test arms. Without one it lets everything through. */
export class TcpProxy implements AsyncDisposable {
  /** What clients have sent, in order. */
  readonly requests: SeenRequest[] = [];
  readonly #options: TcpProxyOptions;
  readonly #server: Server = createServer();
  readonly #faults = new ArmedFaults();
  readonly #connections = new Set<ProxiedConnection>();
  /** While nothing passes: resolves when something does again. */
  #silence: Promise<void> | null = null;
  #endSilence: () => void = () => {};

  private constructor(options: TcpProxyOptions) {
    this.#options = options;
    this.#server.on('connection', (client) => this.#accept(client));
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(options: TcpProxyOptions): Promise<TcpProxy> {
    const proxy = new TcpProxy(options);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many clients are connected. */
  get connections(): number {
    return [...this.#connections].filter(({ isOpen }) => isOpen).length;
  }

  /** Has a fault wait for requests that have not arrived yet. */
  arm(fault: Fault, aim?: Aim): ArmedFault {
    return this.#faults.arm(fault, aim);
  }

  /**
   * From now on nothing passes, either way, on any connection; new ones are accepted and are silent too. Returns how to
   * end that: what was sent meanwhile then arrives, in order, even from clients that have gone.
   */
  silence(): () => void {
    this.#silence ??= new Promise((resolve) => {
      this.#endSilence = resolve;
    });
    return () => {
      this.#silence = null;
      this.#endSilence();
    };
  }

  /** Ends all connections. What had not arrived by then never does. */
  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #accept(client: Socket): void {
    const connection = new ProxiedConnection(client, {
      protocol: this.#options.protocol,
      openUpstream: () => connect({ host: '127.0.0.1', port: this.#options.target }),
      faultFor: (request: WireMessage) => {
        this.requests.push({ name: request.name, arrivedAt: performance.now() });
        return this.#faults.faultFor(request);
      },
      passable: () => this.#silence,
    });
    this.#connections.add(connection);
    connection.onEnd(() => this.#connections.delete(connection));
  }
}
