import { ConfigurationError } from '../errors.js';
import type { LeaseLimits } from './lease-provider.js';
import { ttlProblem } from './ttl.js';

/**
 * All the durations of one lease, in milliseconds, derived from its ttl and its store.
 *
 * A lease is trusted until `validFor` after its last grant or renewal was *sent*: if this clock runs at most one per
 * cent slower than the store's, the store cannot have let anybody else in by then. Its holder is told to stop a
 * little earlier, at `trustedFor`, so that what is under way can end in time.
 */
export interface LeaseTiming {
  readonly ttl: number;
  /** One per cent of the ttl, and the store's granularity. */
  readonly margin: number;
  readonly stopGrace: number;
  /** `ttl - margin`. */
  readonly validFor: number;
  /** `validFor - stopGrace`: the validity deadline. Nothing is sent to renew after it. */
  readonly trustedFor: number;
  readonly renewEvery: number;
  /** The longest that one try of one call may take. */
  readonly tryTimeout: number;
}

/**
 * Derives the timing, or refuses a ttl with which a lease could not be kept.
 *
 * @throws ConfigurationError if the ttl is outside of the store's limits, or leaves no room for two renewals.
 */
export function leaseTiming(ttl: number, limits: LeaseLimits, provider: string): LeaseTiming {
  const problem = ttlProblem(ttl, limits, provider);
  if (problem !== null) throw new ConfigurationError(problem);
  const margin = ttl / 100 + limits.granularity;
  const stopGrace = Math.max(MIN_STOP_GRACE, ttl / 10);
  const validFor = ttl - margin;
  const trustedFor = validFor - stopGrace;
  const renewEvery = ttl / 3;
  // Two full tries to renew must fit before the deadline, or one slow answer would cost the lease.
  const tryTimeout = Math.min(MAX_TRY_TIMEOUT, trustedFor - 2 * renewEvery);
  if (tryTimeout < MIN_TRY_TIMEOUT) {
    throw new ConfigurationError(
      `A ttl of ${ttl} ms is too short to be kept on the ${provider} backend: renewed every ${round(renewEvery)} ms, ` +
        `and given up ${round(margin + stopGrace)} ms early for safety, it leaves ${round(tryTimeout)} ms for a ` +
        `renewal to be answered. Choose a ttl of at least ${shortestTtl(limits)} ms.`,
    );
  }
  return { ttl, margin, stopGrace, validFor, trustedFor, renewEvery, tryTimeout };
}

/** The shortest ttl that {@link leaseTiming} accepts for a store, in milliseconds. */
export function shortestTtl(limits: LeaseLimits): number {
  const withFixedGrace = (MIN_TRY_TIMEOUT + limits.granularity + MIN_STOP_GRACE) / (0.99 - 2 / 3);
  const withShareOfTtl = (MIN_TRY_TIMEOUT + limits.granularity) / (0.89 - 2 / 3);
  const { minTtl, ttlStep = 1 } = limits;
  return Math.ceil(Math.max(minTtl, withFixedGrace, withShareOfTtl) / ttlStep) * ttlStep;
}

function round(ms: number): number {
  return Math.round(ms);
}

const MIN_STOP_GRACE = 250;
const MIN_TRY_TIMEOUT = 100;
const MAX_TRY_TIMEOUT = 5_000;
