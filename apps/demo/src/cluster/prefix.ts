import type { Instance } from './instance.js';

/** Makes `[web-1 pid 1234]`, in a colour for each instance if this is a terminal that wants colours. */
export function prefixer(out: NodeJS.WriteStream): (instance: Instance) => string {
  // A terminal knows of NO_COLOR and TERM=dumb by itself.
  const coloured = out.isTTY && out.hasColors(16);
  return ({ number, name, pid }) => {
    const text = `[${name} pid ${pid}]`;
    return coloured ? `\u001B[${COLOURS[(number - 1) % COLOURS.length]}m${text}\u001B[39m` : text;
  };
}

/** Cyan, magenta, green, yellow, blue, and the bright ones. */
const COLOURS = [36, 35, 32, 33, 34, 96, 95, 92, 93, 94];
