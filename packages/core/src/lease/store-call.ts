import { asError, LeasedJobsError, StoreError } from '../errors.js';
import type { Clock } from '../time/clock.js';
import { hooked, onAbort } from './abort-hooks.js';
import { guardedAbortController } from './guarded-signal.js';

export interface StoreCall<T> {
  /** For the message: `renew`. */
  readonly operation: string;
  readonly provider: string;
  /** Milliseconds. */
  readonly timeout: number;
  /** Ends the call early. */
  readonly signal?: AbortSignal | undefined;
  readonly send: (signal: AbortSignal) => Promise<T>;
}

/**
 * Makes one try of one call to the store, and waits for it no longer than `timeout`, even if the provider does not
 * heed the signal that it is given.
 *
 * @throws StoreError if the provider throws anything but an error of ours, or does not answer: the outcome is unknown.
 * @throws RangeError as the provider does, for what the store can never honour.
 */
export function callStore<T>(clock: Clock, call: StoreCall<T>): Promise<T> {
  const { signal: parent } = call;
  if (parent?.aborted) return Promise.reject(parent.reason);
  return new Promise<T>((resolve, reject) => {
    const controller = spare.pop() ?? hooked(guardedAbortController(ignore));
    const { signal } = controller;
    const stop = (reason: unknown): void => {
      timer.cancel();
      // The provider has 50 ms to settle, and may still answer. One that does not is left behind.
      timer = clock.setTimer(SETTLE_LIMIT, () => end(reject, reason), true);
      controller.abort(reason);
    };
    const end = <V>(settle: (value: V) => void, value: V): void => {
      timer.cancel();
      hook?.remove();
      if (!signal.aborted && spare.length < MAX_SPARE) spare.push(controller);
      settle(value);
    };
    let timer = clock.setTimer(call.timeout, () => stop(noAnswer(call)), true);
    const hook = parent && onAbort(parent, () => stop(parent.reason));
    sent(call.send, signal).then(
      (answer) => end(resolve, answer),
      (thrown: unknown) => end(reject, signal.aborted ? signal.reason : ours(thrown, call)),
    );
  });
}

/**
 * Guarded, for a provider's listener on one runs because of our timer. Those that nobody has aborted serve the next call:
 * making one costs several times what using one again does, and losing a lock should cost little more than the request.
 */
const spare: AbortController[] = [];
const MAX_SPARE = 64;

/** How the call ends is told by its promise. */
function ignore(): void {}

/** What a provider throws instead of rejecting is a rejection too, and what it returns instead of a promise an answer. */
function sent<T>(send: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return Promise.resolve(send(signal));
  } catch (thrown) {
    return Promise.reject(thrown);
  }
}

function ours(thrown: unknown, { operation, provider }: StoreCall<unknown>): Error {
  if (thrown instanceof LeasedJobsError || thrown instanceof RangeError) return thrown;
  const cause = asError(thrown);
  return new StoreError(`The ${provider} backend failed to ${operation}: ${cause.message}`, {
    cause,
    kind: 'transient',
  });
}

function noAnswer({ operation, provider, timeout }: StoreCall<unknown>): StoreError {
  return new StoreError(
    `The ${provider} backend did not answer within ${Math.round(timeout)} ms to ${operation}. Whether it was done is unknown.`,
    { kind: 'transient' },
  );
}

/** Twice what the contract allows a provider, in milliseconds. */
const SETTLE_LIMIT = 100;
