import type { Clock } from './clock.js';

/** Resolves after `delay` milliseconds, or as soon as `signal` aborts. The caller looks which it was. */
export function sleep(
  clock: Clock,
  delay: number,
  signal: AbortSignal | undefined,
  keepAlive: boolean,
): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const end = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.setTimer(delay, end, keepAlive);
    signal?.addEventListener('abort', end);
  });
}
