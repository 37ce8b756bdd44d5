import type { Schedule } from '@leased-jobs/core';
import { blaming } from '../configuration/blaming.js';
import type { JobDraft } from './job-draft.js';
import { KINDS } from './job-kinds.js';

/** Makes the schedules of jobs. Jobs that are due at the same times share one. */
export class JobSchedules {
  readonly #known = new Map<unknown, Schedule>();

  /** @throws ConfigurationError that names the job, or the variable. */
  of(draft: JobDraft): Schedule {
    const { when, options, decorator } = draft;
    if (KINDS[decorator].variable === null) return scheduleOf(draft);
    const { timeZone, mode } = options;
    const key = timeZone === undefined && mode === undefined ? when : [mode, timeZone, when].join(' ');
    let schedule = this.#known.get(key);
    if (!schedule) this.#known.set(key, (schedule = scheduleOf(draft)));
    return schedule;
  }
}

function scheduleOf({ name, when, whenFrom, options, decorator }: JobDraft): Schedule {
  const schedule = (): Schedule => KINDS[decorator].schedule(when, options);
  return blaming(`Job "${name}"`, whenFrom === null ? schedule : () => blaming(whenFrom, schedule));
}
