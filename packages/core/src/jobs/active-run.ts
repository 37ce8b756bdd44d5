import type { Emit } from '../events/event-stream.js';
import { asError } from '../errors.js';
import { guardedAbortController } from '../lease/guarded-signal.js';
import type { HeldLease } from '../lease/held-lease.js';
import { MAX_ERROR_LENGTH, type RunOutcome, type RunReport } from '../lease/lock-record.js';
import type { Clock, Timer } from '../time/clock.js';
import { sleep } from '../time/sleep.js';
import { Stopwatch } from '../time/stopwatch.js';
import type { Job } from './job-definition.js';
import type { LeasedJobsEvent } from './job-event.js';
import type { ResolvedPolicies } from './job-policies.js';
import {
  callWithin,
  currentRun,
  type JobRun,
  JobStoppedError,
  MaxRuntimeError,
  ShutdownError,
} from './job-run.js';
import { retryDelay } from './retry.js';

export interface RunContext {
  readonly clock: Clock;
  readonly emit: Emit<LeasedJobsEvent>;
  readonly instance: string;
}

/** What is run: a job, or a critical section. */
export interface Runnable extends Pick<Job, 'name' | 'handler' | 'self'> {
  readonly policies: Pick<ResolvedPolicies, 'maxRuntime' | 'retry'>;
}

/** One run from its start until its handler's promise has settled. Nothing that the handler throws gets out. */
export class ActiveRun implements JobRun {
  readonly slot: Date | null;
  readonly late: number;
  /** What it is a run of. */
  readonly subject: Runnable;
  readonly #lease: HeldLease;
  readonly #context: RunContext;
  readonly #startedAt: number;
  readonly #took: Stopwatch;
  #within = currentRun();
  #controller: AbortController | undefined;
  #stopReason: Error | undefined;
  #timer: Timer | undefined;
  #ended = false;
  #attempt = 1;
  #thrown: Error | undefined;
  /** What was begun under its lease besides the handler, and has not ended. */
  #parts: Set<Promise<unknown>> | undefined;

  constructor(subject: Runnable, slot: number | null, lease: HeldLease, context: RunContext) {
    this.subject = subject;
    this.#lease = lease;
    this.#context = context;
    this.#startedAt = context.clock.wall();
    this.#took = new Stopwatch(context.clock);
    this.slot = slot === null ? null : new Date(slot);
    this.late = slot === null ? 0 : Math.max(0, this.#startedAt - slot);
  }

  get job(): string {
    return this.subject.name;
  }

  get lock(): string {
    return this.#lease.lock;
  }

  get attempt(): number {
    return this.#attempt;
  }

  /** Whether it was told to stop for a reason that does not lie in it: somebody else may do what it could not. */
  get wasTakenAway(): boolean {
    return this.#stopReason instanceof ShutdownError || this.#stopReason instanceof JobStoppedError;
  }

  /** The run whose handler has asked for this one, if one did that goes on: nobody needs to remember one that does not. */
  get within(): JobRun | undefined {
    while (this.#within instanceof ActiveRun && this.#within.hasEnded) this.#within = this.#within.within;
    return this.#within;
  }

  get hasEnded(): boolean {
    return this.#ended;
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
        this.#context.emit({ type: 'listener-failed', lock: this.lock, error: asError(thrown) });
      });
      if (this.#stopReason) this.#controller.abort(this.#stopReason);
    }
    return this.#controller.signal;
  }

  /** What keeps it from having succeeded; `undefined` if it has. */
  get failure(): Error | undefined {
    return this.#lease.lost ?? this.#stopReason ?? this.#thrown;
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

  /** Does some work under the lease of this run, which goes on until that has ended, whether or not the handler awaits it. */
  async include<T>(work: (run: JobRun) => T | Promise<T>): Promise<T> {
    const parts = (this.#parts ??= new Set());
    const part = (async () => work(this))();
    const ended = part.then(nothing, nothing);
    parts.add(ended);
    try {
      return await part;
    } finally {
      parts.delete(ended);
    }
  }

  /** Calls the handler, and tells how it ended. Never rejects. */
  async execute(): Promise<RunReport> {
    const { emit } = this.#context;
    const job = this.subject.name;
    emit({ type: 'run-started', job, slot: this.slot, fencingToken: this.fencingToken });
    const thrown = await this.callHandler();
    const report = this.#report(thrown);
    emit({ type: 'run-ended', job, report, ...(thrown && { error: thrown }) });
    return report;
  }

  /** Calls the handler until it returns, or may not be called again. Resolves with what it has thrown; never rejects. */
  async callHandler(): Promise<Error | undefined> {
    const { clock } = this.#context;
    const { policies, name } = this.subject;
    this.#lease.onLost((error) => this.stop(error));
    const { maxRuntime } = policies;
    if (maxRuntime !== null && !this.#stopReason) {
      this.#timer = clock.setTimer(maxRuntime, () => this.stop(new MaxRuntimeError(name, maxRuntime)), true);
    }
    let thrown = await this.#callOnce();
    while (thrown && (await this.#isTriedAgain(thrown))) thrown = await this.#callOnce();
    this.#ended = true;
    this.#thrown = thrown;
    this.#timer?.cancel();
    return thrown;
  }

  async #callOnce(): Promise<Error | undefined> {
    const { handler, self } = this.subject;
    let thrown: Error | undefined;
    try {
      // A listener that was told of the start may have blocked for longer than the lease, or have closed the app.
      this.#lease.throwIfLost();
      if (this.#stopReason) throw this.#stopReason;
      await callWithin(this, () => Reflect.apply(handler, self, [this]));
    } catch (error) {
      thrown = asError(error);
    }
    while (this.#parts?.size) await Promise.all(this.#parts);
    return thrown;
  }

  /** Waits before the next attempt. Resolves with whether there is to be one. */
  async #isTriedAgain(error: Error): Promise<boolean> {
    const { retry } = this.subject.policies;
    if (!retry || this.#attempt >= retry.attempts || this.#stopReason || this.#lease.lost) return false;
    const { clock, emit } = this.#context;
    const delay = retryDelay(retry, this.#attempt);
    emit({ type: 'run-retried', job: this.job, attempt: this.#attempt, delay, error });
    await sleep(clock, delay, this.signal, true);
    if (this.#stopReason) return false;
    this.#attempt++;
    return true;
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
    return this.wasTakenAway ? 'interrupted' : 'failed';
  }
}

function nothing(): void {}

/** Whether the slot counts as run. What was cut short by a shutdown or a loss is left to another instance. */
export function finishesSlot(outcome: RunOutcome): boolean {
  return outcome !== 'interrupted' && outcome !== 'lost';
}

/** How long, in milliseconds, a run may go on after it was told to stop before that is reported. */
const UNRESPONSIVE_AFTER = 5_000;
