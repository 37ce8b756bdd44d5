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

/** Resolves once `work` has settled, or after `limit` milliseconds. It leaves no timer behind. */
export async function settledWithin(clock: Clock, limit: number, work: Promise<unknown>): Promise<void> {
  const settled = new AbortController();
  const end = (): void => settled.abort(SETTLED);
  work.then(end, end);
  await sleep(clock, limit, settled.signal, true);
}

/** A reason that nobody sees, and that costs no stack. */
const SETTLED = 'settled';
