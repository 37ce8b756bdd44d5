import { show } from '../errors.js';
import type { LeaseLimits } from './lease-provider.js';

/**
 * Every provider calls this before any I/O.
 *
 * @throws RangeError if the store cannot grant a lease for so long, or so short.
 */
export function assertTtl(ttl: number, limits: LeaseLimits, provider: string): void {
  const problem = ttlProblem(ttl, limits, provider);
  if (problem !== null) throw new RangeError(problem);
}

/** What is wrong with a ttl, in a sentence that says what is legal; `null` if nothing is. */
export function ttlProblem(ttl: unknown, { minTtl, maxTtl }: LeaseLimits, provider: string): string | null {
  if (typeof ttl === 'number' && Number.isInteger(ttl) && ttl >= minTtl && ttl <= maxTtl) return null;
  return (
    `A ttl of ${show(ttl)} ms cannot be had from the ${provider} backend. ` +
    `Choose a whole number of milliseconds from ${minTtl} to ${maxTtl}.`
  );
}
