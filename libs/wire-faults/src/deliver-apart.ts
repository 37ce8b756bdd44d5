import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Framer, WireMessage } from './framing/framer.js';
import type { Wire } from './wire.js';

/**
 * Delivers a request over a connection of its own, and throws its answer away. Never rejects: a server that is not there
 * is not reached.
 */
export async function deliverApart(
  request: WireMessage,
  options: {
    /** Milliseconds. */
    readonly after: number;
    readonly wire: Wire;
    readonly openUpstream: () => Socket;
    readonly answers: Framer;
  },
): Promise<void> {
  const { after, wire, openUpstream, answers } = options;
  await wire.pause(after);
  if (wire.hasEnded) return;
  const upstream = openUpstream();
  wire.onEnd(() => upstream.destroy());
  upstream.on('error', () => {});
  upstream.on('data', (chunk) => {
    if (answers.push(chunk).length > 0) upstream.end();
  });
  upstream.write(request.bytes);
  await once(upstream, 'close');
}
