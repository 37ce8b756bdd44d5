import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The name in the nearest package.json that has one, upwards from `directory`. */
export function packageName(directory: string): string | undefined {
  const name = nameIn(join(directory, 'package.json'));
  if (name !== undefined) return name;
  const parent = dirname(directory);
  return parent === directory ? undefined : packageName(parent);
}

/** A file that is missing, unreadable or no JSON has no name: a `dist` often has a package.json without one, too. */
function nameIn(file: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown };
    return typeof name === 'string' && name !== '' ? name : undefined;
  } catch {
    return undefined;
  }
}
