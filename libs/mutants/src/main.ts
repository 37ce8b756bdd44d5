import { parseArgs } from 'node:util';
import { resolve } from 'node:path';
import { hunt } from './hunt.js';
import { FAULTS } from './faults/index.js';

// `--only <name>`, as often as wanted.
const { only } = parseArgs({ options: { only: { type: 'string', multiple: true } } }).values;
const unknown = only?.filter((name) => FAULTS.every((fault) => fault.name !== name)) ?? [];
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => interrupted.abort(new Error(`Ended by ${signal}.`)));
}
const say = (line: string): void => void process.stdout.write(`${line}\n`);

if (unknown.length > 0) {
  say(
    `No fault is called ${unknown.join(', ')}. There are:\n  ${FAULTS.map(({ name }) => name).join('\n  ')}`,
  );
  process.exitCode = 2;
} else {
  const faults = only ? FAULTS.filter(({ name }) => only.includes(name)) : FAULTS;
  const root = resolve(import.meta.dirname, '../../..');
  try {
    const allCaught = await hunt(faults, { root, say, signal: interrupted.signal });
    process.exitCode = allCaught ? 0 : 1;
  } catch (error) {
    if (error !== interrupted.signal.reason) throw error;
    say((error as Error).message);
    process.exitCode = 130;
  }
}
