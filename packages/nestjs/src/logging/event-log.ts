import type { Logger } from '@nestjs/common';
import { type LeasedJobsEvent, StoreError } from '@leased-jobs/core';
import { eventLine } from './event-line.js';

export const LOG_CONTEXT = 'LeasedJobs';

/** Writes one line per transition: what repeats itself is only news the first time. */
export class EventLog {
  readonly #logger: Logger;
  readonly #backend: string;
  readonly #told = new Set<string>();
  /** Apart from the others, which may be any number: these must not be overlooked. */
  readonly #alarms = new Set<string>();
  /** Since when the store has failed, or `null`. */
  #outage: number | null = null;

  constructor(logger: Logger, backend: string) {
    this.#logger = logger;
    this.#backend = backend;
  }

  write(event: LeasedJobsEvent): void {
    if (event.type === 'store-failed') return this.#storeFailed(event);
    if (ANSWERS.has(event.type)) this.#storeAnswered();
    const repeated = this.#isRepeated(event);
    const line = eventLine(event);
    if (line) this.#print(repeated ? 'debug' : line.level, line.text, line.stack);
  }

  #isRepeated(event: LeasedJobsEvent): boolean {
    if (event.type === 'refused') {
      const { refusal, lock } = event;
      return !(refusal.refused === 'ahead'
        ? this.#isAlarm(lock)
        : this.#isNews(`${refusal.refused} ${lock}`));
    }
    if (event.type === 'skipped') return !this.#isNews(`${event.reason} ${event.job}`);
    return false;
  }

  #isNews(what: string): boolean {
    if (this.#told.has(what) || this.#told.size >= MAX_TOLD) return false;
    this.#told.add(what);
    return true;
  }

  #isAlarm(what: string): boolean {
    if (this.#alarms.has(what)) return false;
    if (this.#alarms.size >= MAX_TOLD) this.#alarms.clear();
    this.#alarms.add(what);
    return true;
  }

  /** Wrong credentials, or an object of somebody else: it does not pass like an outage, and must not be overlooked. */
  #storeFailed(event: Extract<LeasedJobsEvent, { type: 'store-failed' }>): void {
    const lasting = event.error instanceof StoreError && event.error.kind !== 'transient';
    const news = lasting ? this.#isAlarm(event.error.message) : this.#outage === null;
    if (!lasting) this.#outage ??= performance.now();
    const line = eventLine(event);
    if (line) this.#print(news ? (lasting ? 'error' : 'warn') : 'debug', line.text);
  }

  #storeAnswered(): void {
    if (this.#outage === null) return;
    const seconds = Math.round((performance.now() - this.#outage) / 1_000);
    this.#outage = null;
    this.#logger.log(`The ${this.#backend} backend answers again, after ${seconds} s`);
  }

  #print(level: 'debug' | 'log' | 'warn' | 'error', text: string, stack?: string): void {
    if (level === 'error') this.#logger.error(text, stack);
    else this.#logger[level](text);
  }
}

const ANSWERS: ReadonlySet<LeasedJobsEvent['type']> = new Set(['acquired', 'refused', 'renewed', 'released']);

/** Apps may make up any number of locks. Beyond this, refusals are only told at `debug`, and alarms are told once more. */
const MAX_TOLD = 10_000;
