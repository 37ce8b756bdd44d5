import type { LeaseProvider, RequestCounts } from '@leased-jobs/core';
import type { LogLine } from './event-line.js';

/** What one job asks of its store in a day, as an instance that runs all of its slots, and as one that runs none. */
export interface DailyRequests {
  readonly running: number;
  readonly refused: number;
}

/**
 * Counts short runs, which are not renewed, and a store that answers: how long runs take, and how many instances there
 * are, nobody knows when an app starts.
 *
 * @param period of the job, in milliseconds. A day sees at most as many slots as fit into it, and one that is cut off.
 */
export function dailyRequests(period: number, { perRun, perRefusal }: RequestCounts): DailyRequests {
  const slots = Math.max(1, Math.ceil(DAY / period));
  return { running: slots * perRun, refused: slots * perRefusal };
}

/**
 * What a person should read of it when the app starts, after the job's name: a warning where it is worth money. It is
 * the same for all jobs of one period.
 */
export function dailyRequestsLine(
  period: number,
  { name, requests = ONE_FOR_EACH_CALL }: Pick<LeaseProvider, 'name' | 'requests'>,
): LogLine {
  const { running, refused } = dailyRequests(period, requests);
  const text =
    `sends ${name} about ${grouped(running)} requests a day if this instance runs every slot, ` +
    `${grouped(refused)} if others do, and ${requests.perRenewal} more for each third of its ttl that a run lasts`;
  const { unremarkablePerDay = Infinity } = requests;
  if (running <= unremarkablePerDay) return { level: 'debug', text };
  return {
    level: 'warn',
    text: `${text}. They are charged there: choose a longer interval, or a backend that charges nothing for requests.`,
  };
}

/** The same of a service, which is not done so many times a day. */
export function serviceRequestsLine({
  name,
  requests = ONE_FOR_EACH_CALL,
}: Pick<LeaseProvider, 'name' | 'requests'>): LogLine {
  const { perRenewal, perRefusal } = requests;
  const text =
    `sends ${name} about ${perRenewal} requests for each third of its ttl while this instance runs it, ` +
    `and ${perRefusal} for each ttl while another does`;
  return { level: 'debug', text };
}

/** `86,400`. */
function grouped(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** What is taken for granted of a provider that says nothing else. */
const ONE_FOR_EACH_CALL: RequestCounts = { perRun: 2, perRefusal: 1, perRenewal: 1 };
/** Milliseconds. */
const DAY = 86_400_000;
