import { Observable, type Observer, type Operator, Subscriber, type Subscription } from 'rxjs';

/**
 * An observable, and all that is piped from it, whose subscribers may throw.
 *
 * RxJS throws what a subscriber has thrown, and what nobody handles, once more out of a timer, which ends the process. Who
 * listens to what jobs do must not end them. A subscriber that is `async` may reject, too.
 */
export class GuardedObservable<T> extends Observable<T> {
  readonly #onThrown: (thrown: unknown) => void;

  /** @param onThrown is told what subscribers throw, and what operators throw if the subscriber does not handle it. */
  constructor(
    onThrown: (thrown: unknown) => void,
    subscribe?: (subscriber: Subscriber<T>) => (() => void) | void,
  ) {
    super(subscribe);
    this.#onThrown = onThrown;
  }

  override subscribe(
    observer?: Partial<Observer<T>> | ((value: T) => void) | null,
    onError?: ((thrown: unknown) => void) | null,
    onComplete?: (() => void) | null,
  ): Subscription {
    // An operator's, or that of a promise: it hands on what is thrown.
    if (observer instanceof Subscriber || isForeignSubscriber(observer)) return super.subscribe(observer);
    const given =
      typeof observer === 'object' && observer
        ? observer
        : { next: observer, error: onError, complete: onComplete };
    return super.subscribe({
      next: (value) => this.#call(() => given.next?.(value)),
      error: (thrown) => this.#call(() => (given.error ? given.error(thrown) : this.#onThrown(thrown))),
      complete: () => this.#call(() => given.complete?.()),
    });
  }

  /** What every operator of RxJS 7 makes its result with. */
  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const lifted = new GuardedObservable<R>(this.#onThrown);
    return Object.assign(lifted, { source: this, operator });
  }

  /** `async`, because a subscriber may be. It is called at once. */
  #call(subscriber: () => unknown): void {
    void (async () => {
      try {
        await subscriber();
      } catch (thrown) {
        this.#onThrown(thrown);
      }
    })();
  }
}

/** Of another copy of RxJS. */
function isForeignSubscriber<T>(observer: unknown): observer is Observer<T> {
  return typeof observer === 'object' && observer !== null && 'unsubscribe' in observer;
}
