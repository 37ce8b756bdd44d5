import type { HistoryEntry } from '../history.js';

/** The longest time within a window for which fewer than `wanted` runs of a job went on at once, and when that ended. */
export function longestGap(
  history: readonly HistoryEntry[],
  job: string,
  wanted: number,
  [from, to]: readonly [from: number, to: number],
): { readonly gap: number; readonly at: number } {
  const running = new Set<string>();
  let since: number | null = from;
  let longest = { gap: 0, at: from };
  const look = (at: number): void => {
    if (since !== null && at > from && Math.min(at, to) - since > longest.gap) {
      longest = { gap: Math.min(at, to) - since, at: Math.min(at, to) };
    }
    if (running.size >= wanted) since = null;
    else since ??= Math.max(at, from);
  };
  for (const entry of history) {
    if (entry.at > to) break;
    if (entry.type === 'run-started' && entry.job === job) running.add(entry.instance);
    else if (entry.type === 'run-ended' && entry.job === job) running.delete(entry.instance);
    else if (entry.type === 'crashed') running.delete(entry.instance);
    else continue;
    look(entry.at);
  }
  look(to);
  return longest;
}
