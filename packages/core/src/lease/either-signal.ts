/**
 * A signal that aborts with the first of two. Unlike `AbortSignal.any` it leaves nothing on them once it is disposed of,
 * so it may be made many times from one that lives as long as the app.
 */
export function eitherSignal(
  first: AbortSignal | undefined,
  second: AbortSignal,
): Disposable & { readonly signal: AbortSignal } {
  if (!first) return { signal: second, [Symbol.dispose]: () => {} };
  const controller = new AbortController();
  const onFirst = (): void => controller.abort(first.reason);
  const onSecond = (): void => controller.abort(second.reason);
  if (first.aborted) onFirst();
  else if (second.aborted) onSecond();
  first.addEventListener('abort', onFirst);
  second.addEventListener('abort', onSecond);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      first.removeEventListener('abort', onFirst);
      second.removeEventListener('abort', onSecond);
    },
  };
}
