import type { ModulesContainer } from '@nestjs/core';
import { type DeclaredMethods, declaredMethods } from './declared-methods.js';

export type NestModule = ModulesContainer extends Map<string, infer Module> ? Module : never;
export type Wrapper = NestModule['providers'] extends Map<unknown, infer W> ? W : never;

/** Something in an app's modules whose class declares jobs. */
export interface JobHost {
  readonly declared: DeclaredMethods;
  readonly module: NestModule;
  readonly wrapper: Wrapper;
  /** The one instance, or `null` if each run needs a new one. */
  readonly instance: object | null;
  readonly prototype: object;
}

/**
 * Every provider, controller, guard, pipe, interceptor, filter and middleware whose class declares jobs. One instance
 * that is known under several tokens is found under each of them.
 */
export function* jobHosts(modules: ModulesContainer): Generator<JobHost> {
  for (const module of modules.values()) {
    for (const wrapper of wrappersOf(module)) {
      const prototype = prototypeOf(wrapper);
      const declared = prototype && declaredMethods(prototype);
      if (!declared) continue;
      const instance = needsNewInstances(wrapper) ? null : (wrapper.instance as object);
      const resolvable = instance !== null || module.middlewares.get(wrapper.token) !== wrapper;
      yield { declared: resolvable ? declared : refused(declared), module, wrapper, instance, prototype };
    }
  }
}

/** The classes of everything in an app's modules, and the instance if Nest did not make it. Some come more than once. */
export function* providedClasses(
  modules: ModulesContainer,
): Generator<{ readonly prototype: object; readonly value: object | null }> {
  for (const module of modules.values()) {
    for (const wrapper of wrappersOf(module)) {
      const prototype = prototypeOf(wrapper);
      if (prototype) yield { prototype, value: wrapper.isNotMetatype ? (wrapper.instance as object) : null };
    }
  }
}

function* wrappersOf(module: NestModule): Generator<Wrapper> {
  yield* module.providers.values();
  yield* module.controllers.values();
  yield* module.injectables.values();
  yield* module.middlewares.values();
}

/** `null` for an alias of another provider, and for what has no class: a value, or a factory's result not yet made. */
function prototypeOf(wrapper: Wrapper): object | null {
  if (wrapper.isAlias) return null;
  if (!wrapper.isNotMetatype) return wrapper.metatype?.prototype as object;
  const instance: unknown = wrapper.instance;
  return typeof instance === 'object' && instance !== null
    ? (Object.getPrototypeOf(instance) as object | null)
    : null;
}

function needsNewInstances(wrapper: Wrapper): boolean {
  return wrapper.isTransient || !wrapper.isDependencyTreeStatic();
}

function refused({ className }: DeclaredMethods): DeclaredMethods {
  const problem = `${className} is a middleware that is made anew for each request, so no run can have it. Move its jobs to a provider.`;
  return { className, jobs: [], problems: [problem] };
}
