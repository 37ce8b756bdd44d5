import { Inject, Optional } from '@nestjs/common';
import { SECTIONS, type Sections } from './sections.js';

/**
 * Has Nest give the app's sections to each instance of a class that it makes, in whatever scope: it is one more property
 * to inject. It cannot be seen among the properties of the instance.
 *
 * @param prototype Subclasses inherit it.
 */
export function injectSections(prototype: object): void {
  if (KEY in prototype) return;
  Object.defineProperty(prototype, KEY, {
    configurable: true,
    get(this: object): Sections | undefined {
      return ofFrozen.get(this);
    },
    set(this: object, sections: Sections): void {
      giveSections(this, sections);
    },
  });
  Inject(SECTIONS)(prototype, KEY);
  Optional()(prototype, KEY);
}

/** For an instance that Nest did not make: a value, or what a factory has returned. The last app to start counts. */
export function giveSections(instance: object, sections: Sections): void {
  // A property, because a proxy of the instance has it, too.
  const isOpen = Object.isExtensible(instance);
  if (isOpen) Object.defineProperty(instance, KEY, { value: sections, writable: true, configurable: true });
  else ofFrozen.set(instance, sections);
}

/** `undefined` if nobody has given it any. */
export function sectionsOf(instance: unknown): Sections | undefined {
  return typeof instance === 'object' && instance !== null
    ? (instance as { readonly [KEY]?: Sections })[KEY]
    : undefined;
}

/** Fixed: what one copy of this package has given, another copy finds. */
const KEY = Symbol.for('leased-jobs:sections');
const ofFrozen = new WeakMap<object, Sections>();
