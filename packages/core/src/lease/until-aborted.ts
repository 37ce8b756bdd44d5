/**
 * For providers: waits for work until a signal aborts, and then rejects with its reason, so that a call settles however
 * its store hangs. What was sent goes on without an audience; what it still throws goes nowhere, for its outcome is unknown
 * already.
 */
export function untilAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      reject(signal.reason);
    };
    signal.addEventListener('abort', leave);
    const settling =
      <V>(settle: (value: V) => void) =>
      (value: V): void => {
        signal.removeEventListener('abort', leave);
        settle(value);
      };
    work().then(settling(resolve), settling(reject));
  });
}
