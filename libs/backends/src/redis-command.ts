import { connect } from 'node:net';

/**
 * Sends one command over a connection of its own, and returns the raw reply, its type character included: `+PONG`. A
 * reply of several lines is returned with all of them.
 */
export function redisCommand(
  port: number,
  words: readonly (string | number)[],
  timeout = 2_000,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    let reply = '';
    const end = (settle: () => void): void => {
      socket.destroy();
      settle();
    };
    socket.setEncoding('utf8');
    socket.setTimeout(timeout, () => {
      end(() => {
        reject(new Error(`Redis on port ${port} did not answer ${words[0]} within ${timeout} ms.`));
      });
    });
    socket.once('error', (error) => {
      end(() => {
        reject(error);
      });
    });
    socket.once('close', () => {
      reject(new Error(`Redis on port ${port} closed the connection on ${words[0]}.`));
    });
    socket.on('data', (data) => {
      reply += data as unknown as string;
      if (isWhole(reply)) {
        end(() => {
          resolve(reply.trimEnd());
        });
      }
    });
    socket.write(encoded(words));
  });
}

function encoded(words: readonly (string | number)[]): string {
  const parts = words.map((word) => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join('')}`;
}

/** Arrays are not asked for here. */
function isWhole(reply: string): boolean {
  const end = reply.indexOf('\r\n');
  if (end < 0) return false;
  if (!reply.startsWith('$')) return true;
  const length = Number(reply.slice(1, end));
  return length < 0 || Buffer.byteLength(reply) >= end + 2 + length + 2;
}
