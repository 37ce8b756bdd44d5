import { once } from 'node:events';
import { createServer } from 'node:net';
import { MAX_PORT } from '../port.js';

/**
 * The first `count` ports from `first` on that nobody listens on now. Somebody else may take one before it is used.
 *
 * @throws RangeError if there are not so many.
 */
export async function freePorts(first: number, count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  for (let port = first; ports.length < count; port++) {
    if (port > MAX_PORT) {
      throw new RangeError(`There are no ${count} free ports from ${first} on. Set PORT to a smaller one.`);
    }
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

/** Asked for as the app will ask for it: on all addresses. */
async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port);
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
