import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RESP, TcpProxy } from '../src/index.js';

const A = '*1\r\n$1\r\nA\r\n';
const B = '*1\r\n$1\r\nB\r\n';

/** A server that answers every request with its number, and remembers what it has been sent. */
class CountingServer {
  readonly received: string[] = [];
  readonly server: Server = createServer((socket) => this.#serve(socket));

  #serve(socket: Socket): void {
    const framer = RESP.requests();
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      for (const { name } of framer.push(chunk)) socket.write(`:${this.received.push(name)}\r\n`);
    });
  }
}

describe('the wire', () => {
  let counting: CountingServer;
  let proxy: TcpProxy;
  let client: Socket;
  /** By the client of this test: the last one may close later. */
  let heard: { answers: string; end: string | null };

  beforeEach(async () => {
    counting = new CountingServer();
    counting.server.listen(0, '127.0.0.1');
    await once(counting.server, 'listening');
    const { port } = counting.server.address() as AddressInfo;
    proxy = await TcpProxy.start({ target: port, protocol: RESP });
    client = connect({ host: '127.0.0.1', port: proxy.port });
    const state: typeof heard = { answers: '', end: null };
    heard = state;
    client.on('data', (chunk) => (state.answers += chunk.toString()));
    client.on('error', (error: NodeJS.ErrnoException) => (state.end = error.code ?? error.message));
    client.on('close', () => (state.end ??= 'closed'));
    await once(client, 'connect');
  });
  afterEach(async () => {
    client.destroy();
    await proxy.stop();
    await new Promise((resolve) => counting.server.close(resolve));
  });

  /** Waits until this is how it stands: what the server has got, what the client has heard, how it ended. */
  const expectSafe = async (received: readonly string[], answers: string, ended: string | null = null) => {
    const expected = [received, answers, ended];
    const limit = performance.now() + 3_000;
    const now = () => [counting.received, heard.answers, heard.end];
    while (JSON.stringify(now()) !== JSON.stringify(expected) && performance.now() < limit) await sleep(5);
    expect(now()).toEqual(expected);
  };

  it('lets everything through in order as long as nothing is armed', async () => {
    client.write(A + B);
    await expectSafe(['A', 'B'], ':1\r\n:2\r\n');
    expect(proxy.requests.map(({ name }) => name)).toEqual(['A', 'B']);
  });

  it('keeps back a request and what follows it', async () => {
    proxy.arm({ kind: 'delay', half: 'request', by: 400 });
    client.write(A + B);
    await sleep(100);
    await expectSafe([], '');
    await expectSafe(['A', 'B'], ':1\r\n:2\r\n');
  });

  it('keeps back an answer of something that is done', async () => {
    proxy.arm({ kind: 'delay', half: 'answer', by: 400 }, { nth: 2 });
    client.write(A + B);
    await expectSafe(['A', 'B'], ':1\r\n');
    await expectSafe(['A', 'B'], ':1\r\n:2\r\n');
  });

  it.each([
    ['close', 'closed'],
    ['reset', 'ECONNRESET'],
  ] as const)('breaks by a %s before the server has the request', async (by, seen) => {
    proxy.arm({ kind: 'break-before', by }, { at: ({ name }) => name === 'B' });
    client.write(A);
    await expectSafe(['A'], ':1\r\n');
    client.write(B + A);
    await expectSafe(['A'], ':1\r\n', seen);
    await sleep(50);
    await expectSafe(['A'], ':1\r\n', seen);
    expect(proxy.connections).toBe(0);
  });

  it.each([
    ['close', 'closed'],
    ['reset', 'ECONNRESET'],
  ] as const)('breaks by a %s in place of the answer', async (by, seen) => {
    proxy.arm({ kind: 'break-after', by });
    client.write(A + B);
    await expectSafe(['A', 'B'], '', seen);
  });

  it('swallows an answer and all that follow it, and leaves the connection open', async () => {
    proxy.arm({ kind: 'swallow' });
    client.write(A + B);
    await expectSafe(['A', 'B'], '');
    await sleep(100);
    await expectSafe(['A', 'B'], '');
  });

  it('delivers a request after its connection has closed', async () => {
    proxy.arm({ kind: 'arrive-late', by: 400 });
    client.write(A);
    await expectSafe([], '', 'closed');
    await expectSafe(['A'], '', 'closed');
  });

  it('delivers a request twice, and its answer once', async () => {
    proxy.arm({ kind: 'duplicate', after: 100 });
    client.write(A + B);
    await expectSafe(['A', 'B', 'A'], ':1\r\n:2\r\n');
    await sleep(50);
    await expectSafe(['A', 'B', 'A'], ':1\r\n:2\r\n');
  });

  it('lets a request through piece by piece', async () => {
    proxy.arm({ kind: 'trickle', half: 'request', bytes: 3, every: 100 });
    client.write(A + B);
    await sleep(50);
    await expectSafe([], '');
    await expectSafe(['A', 'B'], ':1\r\n:2\r\n');
  });

  it('is silent, and then delivers what was sent meanwhile, even of those who have gone', async () => {
    const thaw = proxy.silence();
    client.write(A + B);
    await sleep(50);
    client.destroy();
    await sleep(50);
    await expectSafe([], '', 'closed');
    thaw();
    await expectSafe(['A', 'B'], '', 'closed');
  });

  it('strikes every third request from the second on, and no more often than told', async () => {
    const armed = proxy.arm({ kind: 'duplicate', after: 200 }, { nth: 2, every: 3, times: 2 });
    client.write((A + B).repeat(6));
    const answers = Array.from({ length: 12 }, (_, n) => `:${n + 1}\r\n`).join('');
    await expectSafe('ABABABABABABBA'.split(''), answers);
    expect(armed.struck).toBe(2);
  });
});
