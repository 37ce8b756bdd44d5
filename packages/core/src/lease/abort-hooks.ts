/**
 * What is to happen when a signal aborts, for calls so frequent that adding an event listener and removing it again would
 * cost more than all the rest of them.
 */
export interface AbortHook {
  /** Doing it twice is harmless. */
  remove(): void;
}

/**
 * Makes the signal of a controller of ours cheap to wait on: it has one listener for as long as it lives, however many
 * hooks come and go. Any other signal gets a listener for each hook, so that nothing is left on one that belongs to
 * somebody else.
 */
export function hooked(controller: AbortController): AbortController {
  const hooks = new Ring(ignore);
  ringOf.set(controller.signal, hooks);
  controller.signal.addEventListener('abort', () => hooks.callOthers());
  return controller;
}

/** Calls `callback`, which must not throw, when the signal aborts. The caller has looked that it has not yet. */
export function onAbort(signal: AbortSignal, callback: () => void): AbortHook {
  const ring = ringOf.get(signal);
  return ring ? ring.add(callback) : new ListeningHook(signal, callback);
}

const ringOf = new WeakMap<AbortSignal, Ring>();

/** One of a ring of callbacks, which is joined and left in no time. */
class Ring implements AbortHook {
  readonly #callback: () => void;
  #previous: Ring = this;
  #next: Ring = this;

  constructor(callback: () => void) {
    this.#callback = callback;
  }

  add(callback: () => void): AbortHook {
    const added = new Ring(callback);
    added.#previous = this.#previous;
    added.#next = this;
    this.#previous.#next = added;
    this.#previous = added;
    return added;
  }

  remove(): void {
    this.#previous.#next = this.#next;
    this.#next.#previous = this.#previous;
    this.#next = this;
    this.#previous = this;
  }

  /** Each leaves the ring before it is called, for what it does may make others leave. */
  callOthers(): void {
    while (this.#next !== this) {
      const next = this.#next;
      next.remove();
      next.#callback();
    }
  }
}

class ListeningHook implements AbortHook {
  constructor(
    readonly signal: AbortSignal,
    readonly callback: () => void,
  ) {
    signal.addEventListener('abort', callback);
  }

  remove(): void {
    this.signal.removeEventListener('abort', this.callback);
  }
}

function ignore(): void {}
