/**
 * The port to listen on, as `PORT` says it.
 *
 * @throws RangeError unless it is a whole number from 1 to 65535.
 */
export function parsePort(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= MAX_PORT) return port;
  throw new RangeError(`PORT is ${JSON.stringify(text)}. Choose a whole number from 1 to ${MAX_PORT}.`);
}

export const MAX_PORT = 65_535;
const DEFAULT_PORT = 3_000;
