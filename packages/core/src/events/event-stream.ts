/** Tells what happened. Never throws, never waits. */
export type Emit<Event> = (event: Event) => void;

/**
 * What happened, as one typed stream: for logs, metrics and tests.
 *
 * Listeners are called at once, in the order in which they subscribed. What one throws goes to `onListenerError` and
 * reaches neither the others nor the work that emitted.
 */
export class EventStream<Event> {
  readonly #listeners = new Set<(event: Event) => void>();
  readonly #onListenerError: (thrown: unknown) => void;

  constructor(onListenerError: (thrown: unknown) => void) {
    this.#onListenerError = onListenerError;
  }

  /** Returns the function that ends the subscription. Calling it twice is harmless. */
  subscribe(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  readonly emit: Emit<Event> = (event) => {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (thrown) {
        this.#onListenerError(thrown);
      }
    }
  };
}
