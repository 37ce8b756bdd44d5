import { asError } from '../errors.js';
import { eitherSignal } from '../lease/either-signal.js';
import { MAX_DELAY } from '../time/clock.js';
import { sleep } from '../time/sleep.js';
import type { AttendanceContext } from './attendance.js';
import { attendDelay } from './delay-attendance.js';
import type { Job } from './job-definition.js';
import { lastSlotBefore, latestSlot } from './schedule.js';
import { attendSlot } from './slot-attendance.js';
import { Ticker } from './ticker.js';

/** Sees to it that each job of this instance is attended when it is due. */
export class Timetable {
  readonly #context: AttendanceContext;
  readonly #jobs: () => Iterable<Job>;
  readonly #ticker: Ticker<Job>;
  /** Jobs of which the last slot is claimed although it is over. */
  readonly #behind = new Set<Job>();
  /** The slots that this instance attends, and the runs among them. A job is in here at most once. */
  readonly #attending = new Map<Job, Promise<void>>();
  /** Jobs that wait for something else to be ready, and those for which it is. */
  readonly #waiting = new Set<Job>();
  readonly #admitted = new WeakSet<Job>();

  constructor(context: AttendanceContext, jobs: () => Iterable<Job>) {
    this.#context = context;
    this.#jobs = jobs;
    this.#ticker = new Ticker(
      context.clock,
      (job, at) => this.#onDue(job, at),
      () => this.#queueAll(),
    );
  }

  start(): void {
    this.#queueAll();
    this.#ticker.start();
  }

  add(job: Job): void {
    this.#attempt(job, () => this.#pushFirst(job));
  }

  forget(job: Job): void {
    this.#behind.delete(job);
  }

  stop(): void {
    this.#ticker.stop();
  }

  /** Resolves when nothing is attended any more, once it was stopped. Never rejects. */
  async ended(): Promise<void> {
    await Promise.all(this.#attending.values());
  }

  #queueAll(): void {
    for (const job of this.#jobs()) this.add(job);
  }

  /** What was missed is asked for at once: a little later by chance, for many instances may start together. */
  #pushFirst(job: Job): void {
    const { schedule, policies } = job;
    if (!policies.enabled || schedule.startup) return;
    if (job.waitFor && !this.#admitted.has(job)) return this.#admitLater(job, job.waitFor);
    const now = this.#context.clock.wall();
    const isBehind = policies.missed !== 'skip' || policies.runOnStart;
    if (schedule.delay === undefined && !isBehind) return this.#pushNext(job, now);
    if (schedule.delay === undefined) this.#behind.add(job);
    const most = Math.min(policies.jitter ?? MAX_TICK_JITTER, MAX_TICK_JITTER);
    this.#ticker.push(now + most * this.#context.random.next(), job);
  }

  #pushNext(job: Job, after: number): void {
    const { enabled, jitter } = job.policies;
    if (!enabled) return;
    const slot = job.schedule.next(after, job.name);
    if (!Number.isFinite(slot) || slot <= after) return; // It has come to its end.
    // The tick is jittered, the slot is not: instances that ask one after the other do not crowd the store.
    const period = job.schedule.next(slot, job.name) - slot;
    const most = Math.min(jitter ?? Math.min(period * TICK_JITTER, MAX_TICK_JITTER), period * MAX_SHARE);
    this.#ticker.push(slot + most * this.#context.random.next(), job);
  }

  #admitLater(job: Job, waitFor: NonNullable<Job['waitFor']>): void {
    if (this.#waiting.has(job)) return;
    this.#waiting.add(job);
    void this.#admit(job, waitFor); // It never rejects.
  }

  /** The process is kept alive meanwhile, as by what is queued. */
  async #admit(job: Job, waitFor: NonNullable<Job['waitFor']>): Promise<void> {
    const { clock, stopping, isKnown } = this.#context;
    const isWanted = (): boolean => !stopping.aborted && isKnown(job);
    while (isWanted()) {
      const over = new AbortController();
      using either = eitherSignal(over.signal, stopping);
      const ready = (async () => waitFor(stopping))().finally(() => over.abort(READY));
      ready.catch(() => {}); // Nobody asks any more if it rejects after this instance has stopped.
      await sleep(clock, MAX_DELAY, either.signal, true);
      try {
        if (isWanted()) await ready;
        this.#admitted.add(job);
        break;
      } catch (thrown) {
        this.#failed(job, thrown);
        await sleep(clock, ASKED_AGAIN_AFTER, stopping, true);
      }
    }
    this.#waiting.delete(job);
    if (isWanted()) this.add(job);
  }

  #onDue(job: Job, at: number): void {
    if (this.#context.isKnown(job)) this.#attempt(job, () => this.#attend(job, at));
  }

  #attend(job: Job, at: number): void {
    const { name, schedule, policies } = job;
    if (schedule.delay !== undefined) {
      if (this.#attending.has(job)) return;
      return this.#begin(job, attendDelay(job, schedule.delay, this.#context));
    }
    const now = this.#context.clock.wall();
    const next = schedule.next(now, name);
    // The slot that was queued lies before its tick by no more than the jitter. Later ones may have become due since.
    const isMissed = this.#behind.delete(job);
    const jitter = policies.jitter ?? MAX_TICK_JITTER;
    const slot = isMissed
      ? lastSlotBefore(schedule, name, now)
      : latestSlot(schedule, name, at - jitter - 1, now);
    // After all that may throw: a job whose schedule did is queued by whoever catches that.
    this.#pushNext(job, now);
    if (slot === null) return;
    if (this.#attending.has(job)) {
      const reason = this.#context.activity.isAt(job) ? 'still-running' : 'unreachable';
      this.#context.emit({ type: 'skipped', job: name, slot: new Date(slot), reason });
      return;
    }
    this.#begin(job, attendSlot(job, { slot, until: next, isMissed }, this.#context));
  }

  #begin(job: Job, attending: Promise<void>): void {
    const attendance = attending
      .catch((thrown: unknown) => {
        this.#failed(job, thrown);
        // What has slots begins anew with the next one by itself.
        if (job.schedule.delay !== undefined) this.#pushLater(job);
      })
      .finally(() => this.#attending.delete(job));
    this.#attending.set(job, attendance);
  }

  /** A schedule is a user's code. One that throws is asked again in a minute. */
  #attempt(job: Job, work: () => void): void {
    try {
      work();
    } catch (thrown) {
      this.#failed(job, thrown);
      this.#pushLater(job);
    }
  }

  #pushLater(job: Job): void {
    this.#ticker.push(this.#context.clock.wall() + ASKED_AGAIN_AFTER, job);
  }

  #failed(job: Job, thrown: unknown): void {
    this.#context.emit({ type: 'attendance-failed', job: job.name, error: asError(thrown) });
  }
}

/** The share of a period, and the most milliseconds, by which a tick may come after its slot unless its job says more. */
const TICK_JITTER = 0.1;
const MAX_TICK_JITTER = 2_000;
/** A tick that came with the next slot would be that one's, and its own slot nobody's. */
const MAX_SHARE = 0.9;
/** A reason that nobody sees, and that costs no stack. */
const READY = 'what was waited for is ready';
/** Milliseconds. */
const ASKED_AGAIN_AFTER = 60_000;
