import { ConfigurationError, show } from '../errors.js';
import { MAX_DELAY } from '../time/clock.js';

/** How often a handler that throws is called within one run, under one lease. Durations are milliseconds. */
export interface RetryPolicy {
  /** How many calls there are at most, the first one included. */
  readonly attempts: number;
  /** Between the first call and the second. Default: 1 000. */
  readonly delay?: number;
  /** `exponential`: each delay is twice the one before. Default: `exponential`. */
  readonly backoff?: 'fixed' | 'exponential';
  /** No delay is longer. Default: 60 000, or `delay` if that is more. */
  readonly maxDelay?: number;
}

export type ResolvedRetry = Required<RetryPolicy>;

/** @throws ConfigurationError that names the value, and what is legal. */
export function resolveRetry(policy: RetryPolicy): ResolvedRetry {
  if (typeof policy !== 'object' || policy === null) {
    throw new ConfigurationError(`retry is ${show(policy)}. Write { attempts: 3 }, for example.`);
  }
  const { attempts, delay = 1_000, backoff = 'exponential', maxDelay = longest(delay) } = policy;
  if (!Number.isInteger(attempts) || attempts < 1) {
    throw new ConfigurationError(
      `retry.attempts is ${show(attempts)}. Choose a whole number from 1: the first call is one of them.`,
    );
  }
  for (const [option, value] of Object.entries({ delay, maxDelay })) {
    if (Number.isInteger(value) && value >= 0 && value <= MAX_DELAY) continue;
    throw new ConfigurationError(
      `retry.${option} is ${show(value)}. Choose a whole number of milliseconds from 0 to ${MAX_DELAY}.`,
    );
  }
  if (backoff !== 'fixed' && backoff !== 'exponential') {
    throw new ConfigurationError(`retry.backoff is ${show(backoff)}. Choose "fixed" or "exponential".`);
  }
  return { attempts, delay, backoff, maxDelay };
}

/** Milliseconds between the call that has just failed, counted from 1, and the next one. */
export function retryDelay({ delay, backoff, maxDelay }: ResolvedRetry, failed: number): number {
  // Beyond so many doublings every delay is the longest, and 0 times infinity is no number.
  const times = backoff === 'fixed' ? 1 : 2 ** Math.min(failed - 1, MAX_DOUBLINGS);
  return Math.min(delay * times, maxDelay);
}

function longest(delay: number): number {
  return delay > 60_000 ? delay : 60_000;
}

const MAX_DOUBLINGS = 31;
