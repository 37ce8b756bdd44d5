import type { Entry } from '../journal/entry.js';

/**
 * - `stale-step`: a guarded step after a larger fencing token had been seen on the lock.
 * - `step-after-loss`: a guarded step of a run that had already been told that its lease was lost.
 * - `token-reused`: two instances were granted one lock with the same fencing token.
 * - `token-went-back`: a grant with a smaller fencing token than an earlier grant on the lock.
 * - `runs-overlap`: two runs of one lock at a time, though the earlier holder was alive, awake and not told to stop.
 * - `slot-started-twice`: a slot was started again although its earlier starter had no reason to leave it.
 * - `slot-repeated-after-success`: a slot was started again although a run of it had succeeded.
 * - `succeeded-after-loss`: a run that had lost its lease, or had been overtaken, reported success.
 * - `gap-too-long`: a job did not start for longer than it may.
 */
export type ViolationKind =
  | 'stale-step'
  | 'step-after-loss'
  | 'token-reused'
  | 'token-went-back'
  | 'runs-overlap'
  | 'slot-started-twice'
  | 'slot-repeated-after-success'
  | 'succeeded-after-loss'
  | 'gap-too-long';

export interface Violation {
  readonly kind: ViolationKind;
  /** What happened, in a sentence. */
  readonly message: string;
  /** The entries that prove it. */
  readonly entries: readonly Entry[];
}

/** Violations as a person reads them; an empty string if there are none. Times are milliseconds. */
export function formatViolations(violations: readonly Violation[]): string {
  return violations
    .map(({ kind, message, entries }) => [`${kind}: ${message}`, ...entries.map(formatEntry)].join('\n'))
    .join('\n');
}

/** One line for one entry. */
export function formatEntry({ at, wall, instance, kind, ...details }: Entry): string {
  return `  ${at.toFixed(3)} ${new Date(wall).toISOString()} ${instance} ${kind} ${JSON.stringify(details)}`;
}
