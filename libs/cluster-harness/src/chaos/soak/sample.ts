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
  /** The medians of the first and of the last third, after the warm-up. */
  readonly first: number;
  readonly last: number;
  readonly most: number;
  readonly grows: boolean;
}

/**
 * Compares the last third of the samples with the first, without the warm-up, which is the first fifth. A measure
 * grows if it exceeds what it was by more than its noise: a fault or a garbage collector at work moves it a little.
 */
export function trends(samples: readonly Sample[]): readonly Trend[] {
  const warm = samples.slice(Math.ceil(samples.length / 5));
  const third = Math.max(1, Math.floor(warm.length / 3));
  return MEASURES.map((measure) => {
    const values = warm.map((sample) => sample[measure]);
    const [first, last] = [median(values.slice(0, third)), median(values.slice(-third))];
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

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
