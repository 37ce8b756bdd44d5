import { parseArgs } from 'node:util';
import { resolve } from 'node:path';
import { hunt } from './hunt.js';
import { FAULTS } from './faults/index.js';

const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } });
const unknown = values.only?.filter((name) => FAULTS.every((fault) => fault.name !== name)) ?? [];
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
  const faults = values.only ? FAULTS.filter(({ name }) => values.only?.includes(name)) : FAULTS;
  const root = resolve(import.meta.dirname, '../../..');
  const allCaught = await hunt(faults, { root, say, signal: interrupted.signal });
  if (!allCaught) process.exitCode = 1;
}
