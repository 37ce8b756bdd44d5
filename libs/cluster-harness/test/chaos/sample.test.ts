import { describe, expect, it } from '@jest/globals';
import { type Sample, trends } from '../../src/chaos/soak/sample.js';

/** Thirty samples, of which the nth has the given heap, resources and descriptors. */
function samples(nth: (n: number) => Partial<Sample>): readonly Sample[] {
  return Array.from({ length: 30 }, (_, n) => ({
    at: n * 1_000,
    heap: 20_000_000,
    resources: 80,
    descriptors: 30,
    runs: n,
    leases: n,
    ...nth(n),
  }));
}

function growing(some: readonly Sample[]): readonly string[] {
  return trends(some).flatMap(({ measure, grows }) => (grows ? [measure] : []));
}

describe('what is left in a process', () => {
  it.each<[string, readonly string[], (n: number) => Partial<Sample>]>([
    ['nothing grows if all stays as it is', [], () => ({})],
    ['a heap that grows by 100 kB a sample is found', ['heap'], (n) => ({ heap: 20_000_000 + n * 100_000 })],
    ['a heap that grew in the warm-up is left alone', [], (n) => ({ heap: n < 6 ? 10_000_000 : 20_000_000 })],
    ['a timer a sample is found', ['resources'], (n) => ({ resources: 80 + n })],
    ['a socket in two samples is found', ['descriptors'], (n) => ({ descriptors: 30 + n / 2 })],
    [
      'a fault of a few samples is left alone',
      [],
      (n) => (n > 20 && n < 25 ? { resources: 150, descriptors: 60 } : {}),
    ],
    ['what shrinks is left alone', [], (n) => ({ heap: 40_000_000 - n * 100_000 })],
  ])('is judged by its thirds: %s', (_title, measures, nth) => {
    expect(growing(samples(nth))).toEqual(measures);
  });
});
