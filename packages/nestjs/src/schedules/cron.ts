import { asError, ConfigurationError, type Schedule, show } from '@leased-jobs/core';
import { Cron } from 'croner';

/** A schedule that knows what it was made from. */
export interface CronSchedule extends Schedule {
  readonly expression: string;
  readonly timeZone: string | undefined;
}

/**
 * The times of a cron expression, in one time zone. What an expression means, daylight saving time included, is up to
 * croner: a time that a day does not have is due at the moment when the clock jumps over it, one that it has twice is due once.
 *
 * @param expression Five fields, or six with seconds first, as `CronExpression` of `@nestjs/schedule` has them.
 * @param timeZone An IANA name, such as `Europe/Berlin`. Default: that of this process, which all instances should share.
 * @throws ConfigurationError for an expression that cannot be read or is never due, and for a zone that there is not.
 */
export function cron(expression: string, timeZone?: string): CronSchedule {
  const times = timesOf(expression, timeZone);
  let from = Infinity;
  let to = Infinity;
  return {
    expression,
    timeZone,
    missed: 'once',
    description: timeZone === undefined ? expression : `${expression} (${timeZone})`,
    next(after) {
      // Many jobs share an expression, and ask for the same slot one after the other.
      if (from <= after && after < to) return to;
      from = after;
      to = times.nextRun(new Date(after))?.getTime() ?? Infinity;
      return to;
    },
  };
}

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
