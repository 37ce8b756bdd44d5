import {
  asError,
  type Clock,
  ConfigurationError,
  type LeaseProvider,
  MemoryLeaseProvider,
  MemoryStore,
  show,
} from '@leased-jobs/core';
import type { Environment } from '../module-options.js';
import type { importPackage } from './import-package.js';
import { within } from './within.js';

export interface BackendContext {
  /** Where the choice was made, for messages: `LEASED_JOBS_BACKEND`. */
  readonly origin: string;
  readonly env: Environment;
  readonly clock: Clock | undefined;
  /** Where the app's packages are looked for. */
  readonly directory: string;
  readonly importPackage: typeof importPackage;
}

/**
 * Makes the provider of a backend.
 *
 * @throws ConfigurationError if there is no such backend, its package is not installed or is none, or it could not
 * be set up from the environment.
 */
export async function loadBackend(backend: unknown, context: BackendContext): Promise<LeaseProvider> {
  if (typeof backend !== 'string') return assertProvider(backend, context.origin);
  if (backend === 'memory') return memoryProvider(context.clock);
  const chosen = `${context.origin} is ${shown(backend)}`;
  try {
    const loading = factoryOf(backend, chosen, context);
    const factory = await within(LOADING, loading, `${chosen}, which was not loaded`, LOOK);
    const provider: unknown = await within(
      LOADING,
      factory(context.env),
      `${chosen}, which was not set up`,
      LOOK,
    );
    return assertProvider(provider, `${chosen}. What its leaseProviderFromEnv(env) returned`);
  } catch (thrown) {
    if (thrown instanceof ConfigurationError) throw thrown;
    const { message } = asError(thrown);
    const missing = MISSING_PACKAGE.exec(message)?.[1];
    throw new ConfigurationError(
      missing === undefined
        ? `${chosen}, which cannot be used: ${message}`
        : `${chosen}, which needs the package ${missing}, and that is not installed. Run: npm install ${missing}`,
      { cause: thrown },
    );
  }
}

type ProviderFactory = (env: Environment) => unknown;

async function factoryOf(
  backend: string,
  chosen: string,
  { importPackage, directory }: BackendContext,
): Promise<ProviderFactory> {
  if (backend === 'file') return (await import('@leased-jobs/provider-file')).leaseProviderFromEnv;
  for (const name of packagesOf(backend)) {
    const loaded = await importPackage(name, directory);
    if (loaded === null) continue;
    const factory = loaded['leaseProviderFromEnv'];
    if (typeof factory === 'function') return factory as ProviderFactory;
    throw new ConfigurationError(
      `${chosen}, but the package ${name} exports no function leaseProviderFromEnv(env). Choose ${CHOICE}.`,
    );
  }
  const client = PUBLISHED.get(backend);
  if (client !== undefined) {
    throw new ConfigurationError(
      `${chosen}, which is not installed. Run: npm install @leased-jobs/provider-${backend} ${client}`,
    );
  }
  throw new ConfigurationError(
    `${chosen}. There is no such backend, and no package of that name is installed in ${directory}. Choose ${CHOICE}.`,
  );
}

/** Our own packages first, so that `redis` never means somebody else's package of that name. */
function packagesOf(backend: string): readonly string[] {
  if (!PACKAGE_NAME.test(backend)) return [];
  if (backend.startsWith('@')) return [backend];
  const ours = `@leased-jobs/provider-${backend}`;
  return PUBLISHED.has(backend) ? [ours] : [ours, backend];
}

/** What is no name may be an address with a password in it, put into the wrong variable. */
function shown(backend: string): string {
  return show(PACKAGE_NAME.test(backend) ? backend : `${backend.slice(0, 8)}…`);
}

function assertProvider(value: unknown, what: string): LeaseProvider {
  const candidate = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const missing = METHODS.filter((method) => typeof candidate[method] !== 'function');
  if (typeof candidate['limits'] !== 'object' || candidate['limits'] === null) missing.push('limits');
  if (missing.length === 0) return value as LeaseProvider;
  throw new ConfigurationError(
    `${what} is no LeaseProvider: it lacks ${missing.join(', ')}. Choose ${CHOICE}, or pass a LeaseProvider.`,
  );
}

function memoryProvider(clock: Clock | undefined): LeaseProvider {
  return new MemoryLeaseProvider(clock ? new MemoryStore(clock) : (processStore ??= new MemoryStore()));
}

/** One for all apps of this process: `memory` promises that they exclude each other. */
let processStore: MemoryStore | undefined;

/** With the client library that each is used with. */
const PUBLISHED: ReadonlyMap<string, string> = new Map([
  ['redis', 'ioredis'],
  ['azure-blob', '@azure/storage-blob'],
]);
const CHOICE = `file, memory, ${[...PUBLISHED.keys()].join(', ')}, or the name of an installed package that exports leaseProviderFromEnv(env)`;
const PACKAGE_NAME = /^(@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*$/i;
const METHODS = ['acquire', 'renew', 'release', 'setPaused', 'read', 'list', 'close'];

/** As Node says it of an `import`. */
const MISSING_PACKAGE = /^Cannot find package '([^']+)'/;

/** Milliseconds. An app that waits for its backend without end never says why it does not start. */
const LOADING = 30_000;
const LOOK = 'Look whether its store can be reached.';
