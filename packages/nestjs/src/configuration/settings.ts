import { type Clock, ConfigurationError, type LeaseProvider, show } from '@leased-jobs/core';
import type { Environment, LeasedJobsModuleOptions } from '../module-options.js';
import { packageName } from './package-name.js';
import { type LegalValue, milliseconds, oneOf, shortText, trueOrFalse } from './legal-value.js';

/** The options and the environment, merged and checked. What is `undefined` is left to the core's default. */
export interface Settings {
  /** `undefined` only if there is a problem with it. */
  readonly backend: string | LeaseProvider | undefined;
  readonly namespace: string | undefined;
  /** Whether nobody has named it. */
  readonly isNamespaceGuessed: boolean;
  readonly ttl: number | undefined;
  readonly drainTimeout: number | undefined;
  readonly renewal: 'main' | 'worker';
  readonly maxBlocked: number | undefined;
  readonly enabled: boolean;
  readonly instance: string | undefined;
  readonly env: Environment;
  readonly clock: Clock | undefined;
  readonly production: boolean;
}

/** Never throws: everything that is wrong is a sentence in `problems`, for the app's one start-up error. */
export function resolveSettings(given: LeasedJobsModuleOptions | undefined, problems: string[]): Settings {
  const options = given ?? {};
  refuseUnknownOptions(options, problems);
  const env = options.env ?? process.env;
  const production = env['NODE_ENV'] === 'production';
  const setting = <T>(option: keyof typeof VARIABLES, kind: LegalValue<T>): T | undefined =>
    read(option, kind, options, env, problems);
  const namespace = setting('namespace', shortText(MAX_NAMESPACE_BYTES));
  return {
    backend: resolveBackend(options, env, production, problems),
    namespace: namespace ?? defaultNamespace(options, env, problems),
    isNamespaceGuessed: namespace === undefined,
    ttl: setting('ttl', milliseconds(1)),
    drainTimeout: setting('drainTimeout', milliseconds(0)),
    renewal: resolveRenewal(setting('renewal', oneOf('main', 'worker')), options, problems),
    maxBlocked: setting('maxBlocked', milliseconds(1)),
    enabled: setting('enabled', trueOrFalse) ?? true,
    instance: setting('instance', shortText(MAX_INSTANCE_BYTES)),
    env,
    clock: options.clock,
    production,
  };
}

/** Where a setting came from, for messages: the variable, unless the option was given. */
export function origin(option: keyof typeof VARIABLES, options: LeasedJobsModuleOptions | undefined): string {
  return options?.[option] === undefined ? VARIABLES[option] : `The option "${option}"`;
}

/** One error for all that is wrong. */
export function configurationError(problems: readonly string[]): ConfigurationError {
  if (problems.length === 1) return new ConfigurationError(problems[0]);
  const list = problems.map((problem) => `\n  - ${problem}`).join('');
  return new ConfigurationError(
    `${problems.length} things have to be set right before this app can start:${list}`,
  );
}

/** A variable that is set to nothing counts as not set: that is what `${X:-}` in a compose file makes of it. */
export function variable(env: Environment, name: string): string | undefined {
  return env[name] === '' ? undefined : env[name];
}

export const VARIABLES = {
  backend: 'LEASED_JOBS_BACKEND',
  namespace: 'LEASED_JOBS_NAMESPACE',
  ttl: 'LEASED_JOBS_TTL',
  drainTimeout: 'LEASED_JOBS_DRAIN_TIMEOUT',
  renewal: 'LEASED_JOBS_RENEWAL',
  maxBlocked: 'LEASED_JOBS_MAX_BLOCKED',
  enabled: 'LEASED_JOBS_ENABLED',
  instance: 'LEASED_JOBS_INSTANCE',
} as const;

function read<T>(
  option: keyof typeof VARIABLES,
  kind: LegalValue<T>,
  options: LeasedJobsModuleOptions,
  env: Environment,
  problems: string[],
): T | undefined {
  const fromVariable = variable(env, VARIABLES[option]);
  const received: unknown = options[option] ?? fromVariable;
  if (received === undefined) return undefined;
  const value: unknown = options[option] ?? kind.parse(fromVariable ?? '');
  if (kind.accepts(value)) return value;
  problems.push(`${origin(option, options)} is ${show(received)}. Choose ${kind.legal}.`);
  return undefined;
}

function resolveBackend(
  { backend }: LeasedJobsModuleOptions,
  env: Environment,
  production: boolean,
  problems: string[],
): string | LeaseProvider | undefined {
  const chosen = backend ?? variable(env, VARIABLES.backend);
  if (chosen === undefined && production) {
    problems.push(
      `${VARIABLES.backend} is not set, and NODE_ENV is "production". Choose a store that all instances share, ` +
        `such as redis or azure-blob: the default, file, would exclude nobody on another host.`,
    );
    return undefined;
  }
  return chosen ?? 'file';
}

/** A worker has nothing but its settings to connect with, and no clock but that of the machine. */
function resolveRenewal(
  renewal: 'main' | 'worker' = 'main',
  options: LeasedJobsModuleOptions,
  problems: string[],
): 'main' | 'worker' {
  if (renewal === 'main') return renewal;
  const where = `${origin('renewal', options)} is "worker"`;
  if (options.clock)
    problems.push(`${where}, which reads the clock of this machine. Leave out the option "clock".`);
  if (typeof options.backend === 'object') {
    problems.push(
      `${where}, and the option "backend" is a provider, which a worker cannot share. Name the backend instead, and configure it by env.`,
    );
  } else if ((options.backend ?? variable(options.env ?? process.env, VARIABLES.backend)) === 'memory') {
    problems.push(
      `${where}, and the backend is memory, which a worker does not see. Choose another backend.`,
    );
  }
  return renewal;
}

function defaultNamespace(
  { namespace }: LeasedJobsModuleOptions,
  env: Environment,
  problems: string[],
): string | undefined {
  if (namespace !== undefined || variable(env, VARIABLES.namespace) !== undefined) return undefined;
  const name = packageName(process.cwd()) ?? variable(env, 'npm_package_name');
  if (name !== undefined) return `${name}:${variable(env, 'NODE_ENV') ?? 'development'}`;
  problems.push(
    `${VARIABLES.namespace} is not set, and no package.json with a name is in the working directory or above it. ` +
      `Set it to the name of this app and its environment, such as shop:production.`,
  );
  return undefined;
}

function refuseUnknownOptions(options: object, problems: string[]): void {
  for (const option of Object.keys(options)) {
    if (OPTIONS.includes(option)) continue;
    problems.push(`LeasedJobsModule knows no option "${option}". Choose among ${OPTIONS.join(', ')}.`);
  }
}

const OPTIONS: readonly string[] = [...Object.keys(VARIABLES), 'env', 'clock'];

/** Leaves most of a lock's name to the lock. */
const MAX_NAMESPACE_BYTES = 128;
const MAX_INSTANCE_BYTES = 256;
