import type { ContextId } from '@nestjs/core';
import type { Wrapper } from './job-hosts.js';

/**
 * The instances of classes that Nest has made for one context, so that a provider could be had in it: the provider, and what of
 * its dependencies is request-scoped or transient. Each comes before what it was given.
 *
 * What a factory has returned is left out: it may belong to others too, as one of many connections does.
 */
export function madeFor(provider: Wrapper, context: ContextId): readonly object[] {
  const made = new Set<object>();
  collect(provider, [], { context, made, seen: new Set() });
  return [...made].toReversed();
}

interface Search {
  readonly context: ContextId;
  /** Dependencies first. */
  readonly made: Set<object>;
  /** Not the transient ones, of which each dependent has one. */
  readonly seen: Set<Wrapper>;
}

/** `dependents`: by way of whom it was found. A transient one is kept for one of them, for which depends on the version of Nest. */
function collect(wrapper: Wrapper, dependents: readonly Wrapper[], search: Search): void {
  const { context, made, seen } = search;
  const isShared = !wrapper.isTransient && wrapper.isDependencyTreeStatic();
  if (isShared || seen.has(wrapper) || dependents.includes(wrapper)) return;
  if (!wrapper.isTransient) seen.add(wrapper);
  const path = [...dependents, wrapper];
  for (const dependency of dependenciesOf(wrapper)) collect(dependency, path, search);
  if (wrapper.isNotMetatype) return;
  for (const { id } of wrapper.isTransient ? path : [wrapper]) {
    const { instance, isResolved } = wrapper.getInstanceByContextId(context, id);
    if (isResolved && typeof instance === 'object' && instance !== null) made.add(instance);
  }
}

function dependenciesOf(wrapper: Wrapper): Wrapper[] {
  const properties = wrapper.getPropertiesMetadata()?.map((property) => property.wrapper);
  const all = [wrapper.getCtorMetadata(), properties, wrapper.getEnhancersMetadata()];
  // What has never been resolved leaves a hole.
  return all.flatMap((list) => list ?? []).filter((dependency) => dependency !== undefined);
}
