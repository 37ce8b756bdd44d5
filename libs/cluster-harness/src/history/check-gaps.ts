import type { Run } from './runs.js';
import type { Violation } from './violation.js';

/** How long a job may go without a start, within a window. */
export interface GapRule {
  readonly job: string;
  /** The longest time between two starts, from `from` to the first, and from the last to `to`. Milliseconds. */
  readonly maxGap: number;
  /** The window, in milliseconds of {@link hostTime}. */
  readonly from: number;
  readonly to: number;
}

export function checkGaps(runs: readonly Run[], { job, maxGap, from, to }: GapRule): Violation[] {
  const starts = runs
    .map(({ started }) => started)
    .filter((start) => start.job === job && start.attempt === 1 && start.at >= from && start.at <= to);
  return [...starts, null].flatMap((next, index) => {
    const last = index > 0 ? starts[index - 1] : undefined;
    const gap = (next?.at ?? to) - (last?.at ?? from);
    if (gap <= maxGap) return [];
    const message = `"${job}" did not start for ${gap.toFixed(0)} ms; ${maxGap} ms are allowed.`;
    const entries = [last, next].filter((entry) => entry !== undefined && entry !== null);
    return [{ kind: 'gap-too-long', message, entries }];
  });
}
