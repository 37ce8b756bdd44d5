import { ConfigurationError, show } from '../errors.js';

/** When a job is due, as a pure function: every instance computes the same slots, whenever it was started. */
export interface Schedule {
  /** The first slot after `after`, both in epoch milliseconds. `job` is the job's name, which may move its slots. */
  next(after: number, job: string): number;
  /** Of a schedule without slots: milliseconds from the end of a run to the next, in the whole cluster. */
  readonly delay?: number;
  /** Of a schedule that is always due: milliseconds from the end of a run to the next, and at most after failures. */
  readonly service?: { readonly restartDelay: number; readonly maxRestartDelay: number };
  /** Of a schedule that is due when an instance starts. */
  readonly startup?: { readonly once: string | undefined; readonly timeout: number };
  /** What its jobs do about missed slots unless they say something else. Default: `skip`. */
  readonly missed?: 'skip' | 'once' | 'all';
  /** For people: `every 10000 ms`. */
  readonly description: string;
}

/** The longest interval: a hundred years, in milliseconds. */
export const MAX_INTERVAL = 100 * 365 * 24 * 3_600_000;

/**
 * A slot every `ms` milliseconds, on a grid that all instances share: `k * ms + phase`. The phase is a hash of the
 * job's name, so that a hundred jobs of one minute are not all due in the same millisecond.
 *
 * @throws ConfigurationError unless `ms` is a whole number from 1 to {@link MAX_INTERVAL}.
 */
export function interval(ms: number): Schedule {
  if (!Number.isInteger(ms) || ms < 1 || ms > MAX_INTERVAL) {
    throw new ConfigurationError(
      `An interval of ${show(ms)} ms is not possible. Choose a whole number of milliseconds from 1 to ${MAX_INTERVAL}.`,
    );
  }
  return {
    description: `every ${ms} ms`,
    next(after, job) {
      const phase = hash(job) % ms;
      return (Math.floor((after - phase) / ms) + 1) * ms + phase;
    },
  };
}

/** The last slot in `(after, now]`, or `null` if there is none. Needs about 40 calls of `next` at most. */
export function latestSlot(schedule: Schedule, job: string, after: number, now: number): number | null {
  let latest = schedule.next(after, job);
  if (latest > now) return null;
  if (schedule.next(latest, job) > now) return latest;
  // `next` never decreases: halve the span in which the last slot must lie.
  let [from, to] = [latest, now];
  while (from < to) {
    const middle = from + Math.floor((to - from) / 2);
    const slot = schedule.next(middle, job);
    if (slot > now) to = middle;
    else [latest, from] = [slot, slot];
  }
  return latest;
}

/** The last slot up to `now`, however long ago it was; `null` if there was none in ten years. */
export function lastSlotBefore(schedule: Schedule, job: string, now: number): number | null {
  for (const span of SPANS) {
    const slot = latestSlot(schedule, job, now - span, now);
    if (slot !== null) return slot;
  }
  return null;
}

/** In milliseconds: a minute, an hour, a day, a month, a year, ten years. The shorter the span, the fewer calls it takes. */
const SPANS = [60_000, 3_600_000, 86_400_000, 31 * 86_400_000, 366 * 86_400_000, 3_660 * 86_400_000];

/** FNV-1a. Stable for ever: another phase would move every slot of a running cluster. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
