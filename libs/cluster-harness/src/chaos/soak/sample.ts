/** What is left in a process after a forced garbage collection. */
export interface Sample {
  /** Milliseconds since the process began to work. */
  readonly at: number;
  readonly heap: number;
  readonly resources: number;
  readonly descriptors: number;
  readonly runs: number;
  readonly leases: number;
}

export const MEASURES = ['heap', 'resources', 'descriptors'] as const;
export type Measure = (typeof MEASURES)[number];

export interface Trend {
  readonly measure: Measure;
  /** The least of the first and of the last third, after the warm-up. */
  readonly first: number;
  readonly last: number;
  readonly most: number;
  readonly grows: boolean;
}

/**
 * Compares the last third of the samples with the first, without the warm-up, which is the first fifth.
 *
 * Of each third, the least counts: what is kept for good lifts that too, while requests that wait for a busy store come
 * and go. A measure grows if it exceeds what it was by more than its noise.
 */
export function trends(samples: readonly Sample[]): readonly Trend[] {
  const warm = samples.slice(Math.ceil(samples.length / 5));
  const third = Math.max(1, Math.floor(warm.length / 3));
  return MEASURES.map((measure) => {
    const values = warm.map((sample) => sample[measure]);
    const [first, last] = [Math.min(...values.slice(0, third)), Math.min(...values.slice(-third))];
    const { share, least } = NOISE[measure];
    const grows = last - first > Math.max(first * share, least);
    return { measure, first, last, most: Math.max(...values), grows };
  });
}

const NOISE: Readonly<Record<Measure, { readonly share: number; readonly least: number }>> = {
  // Bytes.
  heap: { share: 0.05, least: 1_000_000 },
  resources: { share: 0.1, least: 10 },
  descriptors: { share: 0.1, least: 5 },
};
