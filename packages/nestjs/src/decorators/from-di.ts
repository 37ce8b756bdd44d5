import type { Abstract, InjectionToken, OptionalFactoryDependency, Type } from '@nestjs/common';
import { show } from '@leased-jobs/core';

/**
 * A setting that is not known when the class is loaded: a factory makes it when the app starts, once, of what a provider of the
 * same module could inject. It is called before any `onModuleInit`.
 *
 * A factory that fails, or that makes what cannot be, fails the start of the app. A variable of the job, such as
 * `LEASED_JOBS_<JOB>_TTL`, wins over it: then it is not called.
 *
 * @example
 * ```ts
 * @ExclusiveInterval({ inject: [ConfigService], useFactory: (config) => config.getOrThrow<number>('period') }, 'newsletter')
 * async send(run: JobRun): Promise<void> {}
 * ```
 */
export interface FromDi<T, Tokens extends InjectionTokens = InjectionTokens> {
  /** The tokens of what the factory is given. Default: none. */
  readonly inject?: Tokens;
  useFactory(...injected: Injected<Tokens>): T | Promise<T>;
}

export type InjectionTokens = readonly (InjectionToken | OptionalFactoryDependency)[];

/** What a factory is given for its tokens: an instance for a class, and something unknown for a text or a symbol. */
export type Injected<Tokens extends InjectionTokens> = {
  [Index in keyof Tokens]: InstanceOf<Tokens[Index]>;
};

type InstanceOf<Token> = Token extends OptionalFactoryDependency
  ? InstanceOf<Token['token']> | undefined
  : Token extends Type<infer Instance> | Abstract<infer Instance>
    ? Instance
    : unknown;

export function isFromDi(setting: unknown): setting is FromDi<unknown> {
  return (
    typeof setting === 'object' &&
    setting !== null &&
    'useFactory' in setting &&
    typeof setting.useFactory === 'function'
  );
}

/** What is wrong with the tokens, or `null`. A class that is not loaded yet, as in a cycle of imports, is `undefined`. */
export function tokensProblem({ inject = [] }: FromDi<unknown>): string | null {
  if (!Array.isArray(inject)) return `inject is ${show(inject)}. Give a list of tokens.`;
  const missing = inject.findIndex((token) => token === undefined || token === null);
  if (missing < 0) return null;
  return `inject[${missing}] is ${show(inject[missing])}. Look for a cycle of imports, or an \`import type\`.`;
}
