import type { Emit } from '../events/event-stream.js';
import { asError } from '../errors.js';
import { guardedAbortController } from '../lease/guarded-signal.js';
import type { HeldLease } from '../lease/held-lease.js';
import { MAX_ERROR_LENGTH, type RunOutcome, type RunReport } from '../lease/lock-record.js';
import type { Clock, Timer } from '../time/clock.js';
import { Stopwatch } from '../time/stopwatch.js';
import type { Job } from './job-definition.js';
import type { LeasedJobsEvent } from './job-event.js';
import { callWithin, type JobRun, MaxRuntimeError, ShutdownError } from './job-run.js';

export interface RunContext {
  readonly clock: Clock;
  readonly emit: Emit<LeasedJobsEvent>;
  readonly instance: string;
}

/** One run from its start until its handler's promise has settled. Nothing that the handler throws gets out. */
export class ActiveRun implements JobRun {
  readonly slot: Date | null;
  readonly late: number;
  readonly attempt = 1;
  readonly #job: Job;
  readonly #lease: HeldLease;
  readonly #context: RunContext;
  readonly #startedAt: number;
  readonly #took: Stopwatch;
  #controller: AbortController | undefined;
  #stopReason: Error | undefined;
  #timer: Timer | undefined;
  #ended = false;

  constructor(job: Job, slot: number | null, lease: HeldLease, context: RunContext) {
    this.#job = job;
    this.#lease = lease;
    this.#context = context;
    this.#startedAt = context.clock.wall();
    this.#took = new Stopwatch(context.clock);
    this.slot = slot === null ? null : new Date(slot);
    this.late = slot === null ? 0 : Math.max(0, this.#startedAt - slot);
  }

  get job(): string {
    return this.#job.name;
  }

  get lock(): string {
    return this.#job.lock;
  }

  get fencingToken(): number {
    return this.#lease.fencingToken;
  }

  get remaining(): number {
    return this.#lease.remaining;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = guardedAbortController((thrown) => {
        this.#context.emit({ type: 'listener-failed', lock: this.#job.lock, error: asError(thrown) });
      });
      if (this.#stopReason) this.#controller.abort(this.#stopReason);
    }
    return this.#controller.signal;
  }

  throwIfLost(): void {
    this.#lease.throwIfLost();
  }

  /** Tells the handler to stop, if it is still at it. The first reason is the one that counts. */
  stop(reason: Error): void {
    if (this.#stopReason || this.#ended) return;
    this.#stopReason = reason;
    this.#timer?.cancel();
    this.#timer = this.#context.clock.setTimer(
      UNRESPONSIVE_AFTER,
      () =>
        this.#context.emit({ type: 'run-unresponsive', job: this.job, reason, waited: UNRESPONSIVE_AFTER }),
      false,
    );
    this.#controller?.abort(reason);
  }

  /** Calls the handler, and tells how it ended. Never rejects. */
  async execute(): Promise<RunReport> {
    const { clock, emit } = this.#context;
    const { handler, self, policies, name } = this.#job;
    emit({ type: 'run-started', job: name, slot: this.slot, fencingToken: this.fencingToken });
    this.#lease.onLost((error) => this.stop(error));
    const { maxRuntime } = policies;
    if (maxRuntime !== null && !this.#stopReason) {
      this.#timer = clock.setTimer(maxRuntime, () => this.stop(new MaxRuntimeError(name, maxRuntime)), true);
    }
    let thrown: Error | undefined;
    try {
      // A listener that was told of the start may have blocked for longer than the lease, or have closed the app.
      this.#lease.throwIfLost();
      if (this.#stopReason) throw this.#stopReason;
      await callWithin(this, () => Reflect.apply(handler, self, [this]));
    } catch (error) {
      thrown = asError(error);
    }
    this.#ended = true;
    this.#timer?.cancel();
    const report = this.#report(thrown);
    emit({ type: 'run-ended', job: name, report, ...(thrown && { error: thrown }) });
    return report;
  }

  #report(thrown: Error | undefined): RunReport {
    return {
      instance: this.#context.instance,
      fencingToken: this.fencingToken,
      slot: this.slot && this.slot.getTime(),
      startedAt: this.#startedAt,
      duration: Math.round(this.#took.elapsed()),
      outcome: this.#outcome(thrown),
      ...(thrown && { error: thrown.message.slice(0, MAX_ERROR_LENGTH) }),
    };
  }

  /** The clock is asked, not only the signal: a run may end before the timer that would have told it of the loss. */
  #outcome(thrown: Error | undefined): RunOutcome {
    if (this.#lease.lost) return 'lost';
    if (this.#stopReason instanceof MaxRuntimeError) return 'timed-out';
    if (!thrown) return 'succeeded';
    return this.#stopReason instanceof ShutdownError ? 'interrupted' : 'failed';
  }
}

/** Whether the slot counts as run. What was cut short by a shutdown or a loss is left to another instance. */
export function finishesSlot(outcome: RunOutcome): boolean {
  return outcome !== 'interrupted' && outcome !== 'lost';
}

/** How long, in milliseconds, a run may go on after it was told to stop before that is reported. */
const UNRESPONSIVE_AFTER = 5_000;
