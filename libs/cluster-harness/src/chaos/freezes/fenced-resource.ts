import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** A write that was let through. */
export interface Write {
  readonly fencingToken: number;
  readonly instance: string;
}

/** A resource that remembers the greatest fencing token, and refuses whoever comes with a smaller one. */
export class FencedResource implements AsyncDisposable {
  readonly accepted: Write[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #newest = 0;

  private constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => this.#sockets.delete(socket));
      const lines = createInterface({ input: socket });
      // It tells of the socket's errors once more: a contender was killed.
      lines.on('error', () => {});
      lines.on('line', (line) => {
        socket.write(this.#write(JSON.parse(line) as Write) ? 'written\n' : 'stale\n');
      });
    });
  }

  /** `path` is that of the socket to come. */
  static async listen(path: string): Promise<FencedResource> {
    const resource = new FencedResource();
    resource.#server.listen(path);
    await once(resource.#server, 'listening');
    return resource;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  #write(write: Write): boolean {
    if (write.fencingToken < this.#newest) return false;
    this.#newest = write.fencingToken;
    this.accepted.push(write);
    return true;
  }
}

/** Resolves with a function that writes there, and resolves with whether it was let through. */
export async function connectToResource(path: string): Promise<(write: Write) => Promise<boolean>> {
  const socket = connect(path);
  await once(socket, 'connect');
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  return async (write) => {
    socket.write(`${JSON.stringify(write)}\n`);
    const { value } = await lines.next();
    return value === 'written';
  };
}
