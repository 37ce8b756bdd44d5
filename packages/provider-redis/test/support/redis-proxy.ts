import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Interference } from './interference.js';
import { type RespCommand, RespCommands } from './resp-commands.js';

/** Stands between clients and one Redis, and lets happen to their commands what an {@link Interference} says. */
export class RedisProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param target a port of 127.0.0.1, or the URL of a Redis elsewhere. */
  static async start(target: number | string, interference: Interference): Promise<RedisProxy> {
    const server = createServer();
    const proxy = new RedisProxy(server);
    server.on('connection', (client) => {
      proxy.#relay(client, upstreamOf(target), interference);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #relay(client: Socket, upstream: Socket, interference: Interference): void {
    const commands = new RespCommands();
    let deaf = false;
    let sending = Promise.resolve();
    let answering = Promise.resolve();
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      // What has broken is seen by its closing.
      socket.on('error', () => {});
      socket.on('close', () => void this.#sockets.delete(socket));
    }
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => {
      if (!deaf) client.destroy();
    });

    const send = async (command: RespCommand): Promise<void> => {
      const verdict = interference.judge(command);
      await interference.passable;
      if (deaf || client.destroyed) return;
      if (!verdict) {
        upstream.write(command.bytes);
      } else if (verdict.fault === 'refused') {
        if (interference.manner === 'broken') client.destroy();
        else client.write('-LOADING Redis is loading the dataset in memory\r\n');
      } else {
        deaf = true;
        // Redis carries out what it has read before it sees the end.
        upstream.end(command.bytes);
        await once(upstream, 'close');
        if (interference.manner === 'told') await verdict.over;
        client.destroy();
      }
    };
    const answer = async (data: Buffer): Promise<void> => {
      await interference.passable;
      if (!deaf) client.write(data);
    };
    client.on('data', (data) => {
      for (const command of commands.push(data)) sending = sending.then(() => send(command));
    });
    upstream.on('data', (data) => {
      answering = answering.then(() => answer(data));
    });
  }
}

function upstreamOf(target: number | string): Socket {
  if (typeof target === 'number') return connect({ host: '127.0.0.1', port: target });
  const { hostname, port } = new URL(target);
  return connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6_379) });
}
