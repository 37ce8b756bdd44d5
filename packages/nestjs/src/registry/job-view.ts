import { ConfigurationError, type Schedule } from '@leased-jobs/core';
import type { CronSchedule } from '../schedules/cron.js';
import { SlotDate } from './slot-date.js';

/** What a job's view asks of whoever shows it. */
export interface JobViewContext {
  readonly name: string;
  readonly schedule: Schedule;
  /** Epoch milliseconds. */
  now(): number;
  /** Whether this instance attends the job. */
  isActive(): boolean;
  setActive(active: boolean): void;
  /** A run by hand. */
  run(): Promise<void>;
}

/**
 * A job as `SchedulerRegistry` of `@nestjs/schedule` shows it: what people read of a `CronJob`, and how they stop one. All of it
 * is about this instance: to pause a job in the whole cluster, see `LeasedJobs.pause`.
 */
export class JobView {
  readonly name: string;
  readonly cronTime: CronTimeView;
  /** When this instance has begun its last run. */
  lastExecution: Date | null = null;
  /** Whether this instance runs it now. */
  isCallbackRunning = false;
  readonly #context: JobViewContext;

  constructor(context: JobViewContext) {
    this.#context = context;
    this.name = context.name;
    this.cronTime = new CronTimeView(context);
  }

  get isActive(): boolean {
    return this.#context.isActive();
  }

  /** As older versions of `cron` call it. */
  get running(): boolean {
    return this.isActive;
  }

  nextDate(): SlotDate {
    return this.cronTime.sendAt();
  }

  nextDates(count = 1): SlotDate[] {
    return this.cronTime.sendAt(count);
  }

  lastDate(): Date | null {
    return this.lastExecution;
  }

  /** Runs it now, under its lease; not at all if that is held. */
  async fireOnTick(): Promise<void> {
    await this.#context.run();
  }

  /** This instance does not attend the job any more, until `start`. Others do. A run goes on to its end. */
  stop(): void {
    this.#context.setActive(false);
  }

  start(): void {
    this.#context.setActive(true);
  }

  setTime(): never {
    throw this.#refusal('given another time', 'Remove it, and add another one, by LeasedJobs.');
  }

  addCallback(): never {
    throw this.#refusal('given a callback', 'Listen to LeasedJobs.events.');
  }

  #refusal(what: string, remedy: string): ConfigurationError {
    return new ConfigurationError(`"${this.name}" is a leased job, and cannot be ${what}. ${remedy}`);
  }
}

class CronTimeView {
  /** The cron expression; of other schedules, what they are in words. */
  readonly source: string;
  readonly timeZone: string | undefined;
  readonly #context: JobViewContext;

  constructor(context: JobViewContext) {
    const { expression, timeZone, description } = context.schedule as Schedule & Partial<CronSchedule>;
    this.#context = context;
    this.source = expression ?? description;
    this.timeZone = timeZone;
  }

  sendAt(): SlotDate;
  sendAt(count: number): SlotDate[];
  sendAt(count?: number): SlotDate | SlotDate[] {
    const { schedule, name } = this.#context;
    if (count === undefined) return new SlotDate(schedule.next(this.#context.now(), name));
    const dates: SlotDate[] = [];
    for (let at = this.#context.now(); dates.length < count;) {
      at = schedule.next(at, name);
      if (!Number.isFinite(at)) break;
      dates.push(new SlotDate(at));
    }
    return dates;
  }

  /** Milliseconds until the next slot. */
  getTimeout(): number {
    return this.sendAt().getTime() - this.#context.now();
  }
}
