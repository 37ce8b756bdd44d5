import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Imports a package as a file in `directory` would, or else as this package would; `null` if neither finds it. The
 * app's own dependencies come first: with strict package managers, only the app sees what it has installed.
 */
export async function importPackage(
  name: string,
  directory: string,
): Promise<Record<string, unknown> | null> {
  const path = resolveFrom(join(directory, 'package.json'), name) ?? resolveFrom(import.meta.url, name);
  if (path === null) return null;
  const loaded = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  // What a CommonJS package exports is not always seen from outside: then it is under `default`.
  return 'leaseProviderFromEnv' in loaded
    ? loaded
    : { ...loaded, ...(loaded['default'] as object | undefined) };
}

function resolveFrom(file: string | URL, name: string): string | null {
  const require = createRequire(file);
  try {
    return require.resolve(name);
  } catch {
    // A package may export nothing to `require`, and be fit for `import`.
    for (const folder of require.resolve.paths(name) ?? []) {
      const entry = importEntry(join(folder, name));
      if (entry !== null) return entry;
    }
    return null;
  }
}

/** The file that `exports` of a package names for `import`, as far as its main entry is concerned. */
function importEntry(root: string): string | null {
  const manifest = join(root, 'package.json');
  if (!existsSync(manifest)) return null;
  const { exports } = JSON.parse(readFileSync(manifest, 'utf8')) as { exports?: unknown };
  const main = isObject(exports) && '.' in exports ? exports['.'] : exports;
  const target = conditional(main);
  return target === null ? null : join(root, target);
}

function conditional(target: unknown): string | null {
  if (typeof target === 'string') return target;
  if (!isObject(target)) return null;
  for (const [condition, value] of Object.entries(target)) {
    const found = ['node', 'import', 'default'].includes(condition) ? conditional(value) : null;
    if (found !== null) return found;
  }
  return null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
