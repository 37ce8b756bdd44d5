import { asError, ConfigurationError, type Schedule, show } from '@leased-jobs/core';
import { Cron } from 'croner';

/** A schedule that knows what it was made from. */
export interface CronSchedule extends Schedule {
  readonly expression: string;
  readonly timeZone: string | undefined;
}

/**
 * The times of a cron expression, in one time zone. What an expression means, daylight saving time included, is up to
 * croner: a time that a day does not have is due at the moment when the clock jumps over it. One that it has twice is due once if
 * minute and hour are single numbers; lists, ranges and steps are due in both hours.
 *
 * @param expression Five fields, or six with seconds first, as `CronExpression` of `@nestjs/schedule` has them.
 * @param timeZone An IANA name, such as `Europe/Berlin`. Default: that of this process, which all instances should share.
 * @throws ConfigurationError for an expression that cannot be read or is never due, and for a zone that there is not.
 */
export function cron(expression: string, timeZone?: string): CronSchedule {
  const times = timesOf(expression, timeZone);
  const gaps: Gap[] = [];
  let answers = 0;
  return {
    expression,
    timeZone,
    missed: 'once',
    description: timeZone === undefined ? expression : `${expression} (${timeZone})`,
    next(after) {
      for (const { from, to } of gaps) if (from <= after && after < to) return to;
      const to = times.nextRun(new Date(after))?.getTime() ?? Infinity;
      gaps[answers++ % MAX_GAPS] = { from: after, to };
      return to;
    },
  };
}

/** Nothing is due between the two but `to` itself, both in epoch milliseconds. */
interface Gap {
  readonly from: number;
  readonly to: number;
}

/** Many jobs share an expression, and all of them ask for the few slots around the present, one after the other. */
const MAX_GAPS = 8;

function timesOf(expression: unknown, timeZone: unknown): Cron {
  if (timeZone !== undefined && !isZone(timeZone)) {
    throw new ConfigurationError(
      `There is no time zone ${show(timeZone)}. Choose an IANA name, such as Europe/Berlin or UTC.`,
    );
  }
  const quoted = show(expression);
  if (typeof expression !== 'string' || !FIELDS.test(expression)) {
    throw new ConfigurationError(`${quoted} is no cron expression. ${LEGAL}`);
  }
  try {
    const times = new Cron(expression, {
      paused: true,
      mode: '5-or-6-parts',
      // `0/5`, as the cron package of @nestjs/schedule reads it.
      sloppyRanges: true,
      ...(timeZone !== undefined && { timezone: timeZone }),
    });
    if (times.nextRun()) return times;
  } catch (thrown) {
    throw new ConfigurationError(
      `${quoted} is no cron expression: ${asError(thrown).message.replace(/^CronPattern: /, '')} ${LEGAL}`,
      { cause: thrown },
    );
  }
  throw new ConfigurationError(`The cron expression ${quoted} is never due. ${LEGAL}`);
}

function isZone(name: unknown): name is string {
  if (typeof name !== 'string' || name === '') return false;
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}

/** croner also reads a date, which is due once. */
const FIELDS = /^\s*(@\w+|\S+(\s+\S+){4,5})\s*$/;
const LEGAL = 'Write five fields, or six with seconds first: "0 2 * * *" is every day at two.';
