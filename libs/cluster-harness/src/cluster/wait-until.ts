import { setTimeout as sleep } from 'node:timers/promises';
import { hostTime } from '../host-time.js';

export interface WaitOptions {
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

/**
 * Asks again and again until the answer is something, and returns it. Rejects with the error of `onTimeout` after
 * `timeout`, with the signal's reason when that aborts, and with what `ask` throws.
 */
export async function waitUntil<T>(
  ask: () => T,
  onTimeout: () => Error,
  { timeout, signal }: WaitOptions,
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = hostTime() + timeout;
  for (;;) {
    signal?.throwIfAborted();
    // Read before asking: the last answer counts even if this process was slow to get here.
    const late = hostTime() >= deadline;
    const answer = ask();
    if (isAnswer(answer)) return answer;
    if (late) throw onTimeout();
    await sleep(POLL_PERIOD, undefined, { signal });
  }
}

function isAnswer<T>(value: T): value is Exclude<T, false | null | undefined> {
  return value !== false && value !== null && value !== undefined;
}

/** Milliseconds. */
const POLL_PERIOD = 10;
