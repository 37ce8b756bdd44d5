import { parseArgs } from 'node:util';
import { parsePort } from '../port.js';

export interface ClusterOptions {
  readonly instances: number;
  /** Where the search for free ports begins. */
  readonly firstPort: number;
  readonly help: boolean;
}

/** The command line or a variable cannot be meant. Its message is for whoever typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws UsageError in one sentence or two. */
export function parseClusterOptions(args: readonly string[], port: string | undefined): ClusterOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { instances: { type: 'string', short: 'n' }, help: { type: 'boolean', short: 'h' } },
    });
    return {
      instances: parseInstances(values.instances),
      firstPort: parsePort(port),
      help: values.help ?? false,
    };
  } catch (thrown) {
    throw new UsageError(shortened(thrown), { cause: thrown });
  }
}

/** What `parseArgs` throws goes on at length about how positional arguments would be written. */
function shortened(thrown: unknown): string {
  const { code, message } = thrown as NodeJS.ErrnoException;
  if (!code?.startsWith('ERR_PARSE_ARGS')) return message;
  return `${/^[^.\n]*/.exec(message)?.[0]}. See npm start -- --help.`;
}

function parseInstances(text: string | undefined): number {
  if (text === undefined) return DEFAULT_INSTANCES;
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MAX_INSTANCES) return count;
  throw new UsageError(
    `--instances is ${JSON.stringify(text)}. Choose a whole number from 1 to ${MAX_INSTANCES}.`,
  );
}

const DEFAULT_INSTANCES = 3;
const MAX_INSTANCES = 100;
