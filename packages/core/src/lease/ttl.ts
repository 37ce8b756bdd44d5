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
export function ttlProblem(ttl: unknown, limits: LeaseLimits, provider: string): string | null {
  const { minTtl, maxTtl, ttlStep = 1 } = limits;
  const isWhole = typeof ttl === 'number' && Number.isInteger(ttl) && ttl % ttlStep === 0;
  if (isWhole && ttl >= minTtl && ttl <= maxTtl) return null;
  const step = ttlStep === 1 ? 'a whole number of milliseconds' : `a multiple of ${ttlStep} ms`;
  return `A ttl of ${show(ttl)} ms cannot be had from the ${provider} backend. Choose ${step} from ${minTtl} to ${maxTtl}.`;
}
