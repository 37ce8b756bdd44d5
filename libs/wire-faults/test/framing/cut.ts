import type { Framer } from '../../src/index.js';

export type Cut = readonly (readonly [name: string, text: string])[];

export function cutWhole(framer: Framer, text: string): Cut {
  return cut(framer, [text]);
}

export function cutBytewise(framer: Framer, text: string): Cut {
  return cut(framer, text.match(/[^]/g) ?? []);
}

export function cutInTwo(framer: Framer, text: string, at: number): Cut {
  return cut(framer, [text.slice(0, at), text.slice(at)]);
}

function cut(framer: Framer, chunks: readonly string[]): Cut {
  const messages = chunks.flatMap((chunk) => framer.push(Buffer.from(chunk, 'latin1')));
  return messages.map(({ name, bytes }) => [name, bytes.toString('latin1')]);
}
