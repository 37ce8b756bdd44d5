/** Tells what happened. Never throws, never waits. */
export type Emit<Event> = (event: Event) => void;

/**
 * What happened, as one typed stream: for logs, metrics and tests.
 *
 * Listeners are called at once, in the order in which they subscribed. What one throws, or what its promise rejects
 * with, reaches neither the others nor the work that emitted: it becomes an event itself.
 */
export class EventStream<Event> {
  readonly #listeners = new Set<(event: Event) => unknown>();
  readonly #failure: (thrown: unknown) => Event;

  /** `failure` makes the event that tells of a listener which threw. */
  constructor(failure: (thrown: unknown) => Event) {
    this.#failure = failure;
  }

  /** Returns the function that ends the subscription. Calling it twice is harmless. */
  subscribe(listener: (event: Event) => unknown): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  readonly emit: Emit<Event> = (event) => {
    for (const listener of this.#listeners) void this.#tell(listener, event, true);
  };

  /** `async`, because a listener may be. The listener is called at once. */
  async #tell(listener: (event: Event) => unknown, event: Event, tellOfFailure: boolean): Promise<void> {
    try {
      await listener(event);
    } catch (thrown) {
      // A listener that throws at the news of its own failure is not told of that again.
      if (!tellOfFailure) return;
      const failure = this.#failure(thrown);
      for (const other of this.#listeners) void this.#tell(other, failure, false);
    }
  }
}
