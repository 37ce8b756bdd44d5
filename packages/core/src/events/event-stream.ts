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
    for (const listener of this.#listeners) this.#tell(listener, event, true);
  };

  #tell(listener: (event: Event) => unknown, event: Event, tellOfFailure: boolean): void {
    try {
      const answer = listener(event);
      // There are five events to a run, and a listener that answers with nothing is done: it costs no promise.
      if (Object(answer) === answer) void this.#settle(answer, tellOfFailure); // It never rejects.
    } catch (thrown) {
      this.#failed(thrown, tellOfFailure);
    }
  }

  async #settle(answer: unknown, tellOfFailure: boolean): Promise<void> {
    try {
      await answer;
    } catch (thrown) {
      this.#failed(thrown, tellOfFailure);
    }
  }

  #failed(thrown: unknown, tellOfFailure: boolean): void {
    // A listener that throws at the news of its own failure is not told of that again.
    if (!tellOfFailure) return;
    const failure = this.#failure(thrown);
    for (const other of this.#listeners) this.#tell(other, failure, false);
  }
}
