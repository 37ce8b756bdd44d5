import type { SimulationCounts } from '@leased-jobs/testing';

/** What many seeds came to. */
export interface Totals {
  seeds: number;
  simulated: number;
  steps: number;
  grants: number;
  runs: number;
  readonly faults: Record<string, number>;
  readonly failed: number[];
}

export function noTotals(): Totals {
  return { seeds: 0, simulated: 0, steps: 0, grants: 0, runs: 0, faults: {}, failed: [] };
}

export function addTo(totals: Totals, counts: SimulationCounts | Totals): void {
  totals.seeds += 'seeds' in counts ? counts.seeds : 1;
  totals.simulated += counts.simulated;
  totals.steps += counts.steps;
  totals.grants += counts.grants;
  totals.runs += counts.runs;
  for (const [kind, times] of Object.entries(counts.faults)) {
    totals.faults[kind] = (totals.faults[kind] ?? 0) + times;
  }
  if ('failed' in counts) totals.failed.push(...counts.failed);
}
