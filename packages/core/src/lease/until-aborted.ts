import { onAbort } from './abort-hooks.js';

/**
 * For providers: waits for work until a signal aborts, and then rejects with its reason, so that a call settles however
 * its store hangs. What was sent goes on without an audience; what it still throws goes nowhere, for its outcome is unknown
 * already. `recover`, if given, is what is waited for instead once the work has failed.
 */
export function untilAborted<T>(
  signal: AbortSignal,
  work: () => Promise<T>,
  recover?: (thrown: unknown) => Promise<T>,
): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const hook = onAbort(signal, () => reject(signal.reason));
    const end = <V>(settle: (value: V) => void, value: V): void => {
      hook.remove();
      settle(value);
    };
    const succeed = (value: T): void => end(resolve, value);
    const fail = (thrown: unknown): void => end(reject, thrown);
    try {
      // Not `catch`: a promise more for each call costs more than all that is done here.
      work().then(succeed, recover ? (thrown: unknown) => void recover(thrown).then(succeed, fail) : fail);
    } catch (thrown) {
      fail(thrown);
    }
  });
}
