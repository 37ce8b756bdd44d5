import { setTimeout as sleep } from 'node:timers/promises';
import { isStoreError } from './store-failure.js';

/** The longest that a case waits for one answer of a store that is well. Milliseconds of real time. */
export const ANSWER_LIMIT = 10_000;

/** How long a case waits for an answer that it has seen to be lost. */
export const LOST_ANSWER_LIMIT = 500;

/** Calls with a signal that aborts at the limit. A provider that heeds no signal is given up a little later. */
export async function bounded<T>(
  call: (signal: AbortSignal) => Promise<T>,
  limit = ANSWER_LIMIT,
): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      controller.abort(new Error(`No answer within ${limit} ms`));
      timer = setTimeout(() => {
        reject(new Error(`Still no answer one second after the signal aborted at ${limit} ms`));
      }, 1_000);
    }, limit);
  });
  try {
    return await Promise.race([call(controller.signal), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks again while the store is still recovering from what the case did to it. */
export async function recovered<T>(call: () => Promise<T>): Promise<T> {
  const start = performance.now();
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isStoreError(error) || performance.now() - start > ANSWER_LIMIT) throw error;
    }
    await sleep(25);
  }
}
