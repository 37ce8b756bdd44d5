import { SeededRandom } from '@leased-jobs/testing';

/**
 * The chance of instance `number` of `count`, spread as evenly as chance ever is. What is left of a crowd is then the
 * doing of the code, and not of a seed.
 */
export class EvenRandom extends SeededRandom {
  readonly #share: number;

  constructor(number: number, count: number) {
    super(number);
    this.#share = number / count;
  }

  override next(): number {
    return this.#share;
  }
}

/** The most of these moments that lie within any `span` milliseconds. */
export function largestCrowd(moments: readonly number[], span: number): number {
  return Math.max(
    0,
    ...moments.map((from) => moments.filter((moment) => from <= moment && moment < from + span).length),
  );
}
