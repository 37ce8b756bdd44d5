import type { Schedule } from '@leased-jobs/core';

/**
 * How many milliseconds are between two slots in the mean, over a day from `now` on, or over the first hundred slots if there
 * are more. It is `Infinity` for what is not due in that day.
 */
export function meanPeriod(schedule: Schedule, now: number): number {
  const first = schedule.next(now, '');
  let last = first;
  let periods = 0;
  for (; periods < MAX_SLOTS; periods++) {
    const slot = schedule.next(last, '');
    if (slot > now + DAY) break;
    last = slot;
  }
  if (periods === MAX_SLOTS) return (last - first) / periods;
  return first > now + DAY ? Infinity : DAY / (periods + 1);
}

const MAX_SLOTS = 100;
const DAY = 86_400_000;
