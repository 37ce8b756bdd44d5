import type { HistoryEntry } from '../history.js';

/** When each job that was paused was resumed; what was not, never. A store that lost its state knows of no pause. */
export function pausedUntil(history: readonly HistoryEntry[]): ReadonlyMap<string, number> {
  const until = new Map<string, number>();
  for (const entry of history) {
    if (entry.type === 'job-paused') until.set(entry.job, Infinity);
    else if (entry.type === 'job-resumed') until.set(entry.job, entry.at);
    else if (entry.type === 'state-lost') for (const job of until.keys()) until.set(job, entry.at);
  }
  return until;
}

/** Who is paused asks again once in a minute, and that a little later by chance. Milliseconds. */
export const PAUSED_RETRY = 64_000;
