/**
 * Milliseconds on the one clock that all processes of this host agree on (CLOCK_MONOTONIC), and that nobody can step.
 * `performance.now()` would not do: every process counts it from its own start.
 */
export function hostTime(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
