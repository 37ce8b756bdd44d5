import { createServer } from 'node:net';

/**
 * A port of 127.0.0.1 that nobody listens on, and that the system does not give to outgoing connections. Somebody else
 * may take it before the caller does, so whoever starts a server there tries another port if it cannot.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port was found in ${MAX_TRIES} tries from ${FIRST_PORT} on.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => {
      resolve(false);
    });
    probe.listen(port, '127.0.0.1', () => {
      probe.close(() => {
        resolve(true);
      });
    });
  });
}

/** Below the range from which Linux takes the ports of outgoing connections, also 10,000 higher: a cluster's bus. */
const FIRST_PORT = 12_000;
const PORTS = 10_000;
const MAX_TRIES = 50;
