import { onAbort } from './abort-hooks.js';

/**
 * For providers: waits for work until a signal aborts, and then rejects with its reason, so that a call settles however
 * its store hangs. What was sent goes on without an audience; what it still throws goes nowhere, for its outcome is unknown
 * already.
 */
export function untilAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const hook = onAbort(signal, () => reject(signal.reason));
    const end = <V>(settle: (value: V) => void, value: V): void => {
      hook.remove();
      settle(value);
    };
    try {
      work().then(
        (value) => end(resolve, value),
        (thrown: unknown) => end(reject, thrown),
      );
    } catch (thrown) {
      end(reject, thrown);
    }
  });
}
