import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import { asError, ConfigurationError, show } from '../errors.js';
import { EventStream } from '../events/event-stream.js';
import { publishDiagnostics } from '../events/diagnostics.js';
import { hooked } from '../lease/abort-hooks.js';
import type { LeaseProvider, LeaseRefusal } from '../lease/lease-provider.js';
import { Leases, type Outcome } from '../lease/leases.js';
import type { RunReport } from '../lease/lock-record.js';
import { callStore } from '../lease/store-call.js';
import type { RenewalSettings, RenewalWorker } from '../renewal/renewal-messages.js';
import { WorkerKeeper } from '../renewal/worker-keeper.js';
import { type Clock, MAX_DELAY } from '../time/clock.js';
import { type Random, systemRandom } from '../time/random.js';
import { settledWithin } from '../time/sleep.js';
import { Stopwatch } from '../time/stopwatch.js';
import { SystemClock } from '../time/system-clock.js';
import { Activity } from './activity.js';
import type { AttendanceContext } from './attendance.js';
import { type JobDefinition, permitsOf, recordOf } from './job-definition.js';
import type { LeasedJobsEvent } from './job-event.js';
import { JobRegistry } from './job-registry.js';
import { type JobRun, JobStoppedError, ShutdownError } from './job-run.js';
import { type PauseOptions, setPaused } from './pausing.js';
import { nextSlots } from './preview.js';
import { runByHand } from './run-by-hand.js';
import { runSection } from './section.js';
import type { SectionOptions } from './section-request.js';
import { attendStartup } from './startup-attendance.js';
import { Timetable } from './timetable.js';

export interface JobEngineOptions {
  readonly provider: LeaseProvider;
  /** Who this instance is, for people. Default: `host:pid:random`. */
  readonly instance?: string;
  /** Put before the name of every lock, so that apps which share a store do not exclude each other. Default: none. */
  readonly namespace?: string;
  /** How long a crashed holder blocks the others, in milliseconds. Default: 30 000. */
  readonly ttl?: number;
  /** How long a shutdown waits for runs, and for leases that `leases` has given, in milliseconds. Default: 10 000. */
  readonly drainTimeout?: number;
  /** `false`: this instance runs no jobs. Default: `true`. */
  readonly enabled?: boolean;
  readonly clock?: Clock;
  readonly random?: Random;
  /**
   * Has leases renewed by a worker thread. Default: they are renewed by the thread that holds them, which notices at its
   * next turn if it was blocked for too long.
   */
  readonly renewalWorker?: {
    /** Makes a worker that calls `serveRenewals`. Called at the start. */
    readonly open: (settings: RenewalSettings) => RenewalWorker;
    /** For how many milliseconds it vouches for a blocked event loop. Default: twice the ttl. */
    readonly maxBlocked?: number;
  };
}

export interface JobStatus {
  readonly name: string;
  readonly lock: string;
  /** The locks of which a run holds one: more than one if several instances may run the job at once. */
  readonly locks: readonly string[];
  /** What the store calls the job in the records of these locks. */
  readonly record: string;
  readonly schedule: string;
  readonly enabled: boolean;
  /** Whether this instance runs it now. */
  readonly running: boolean;
  /** The next slot, or null if it has none, or this instance does not run the job. */
  readonly next: Date | null;
}

/** What came of `runNow`: how the run ended, or why there was none. */
export type RunNowAnswer =
  | { readonly ran: true; readonly report: RunReport }
  | { readonly ran: false; readonly refusal: LeaseRefusal };

export interface DrainReport {
  /**
   * The jobs whose runs outlived the limit, and the locks of leases without a job that did. These leases are left to their
   * ttl.
   */
  readonly unfinished: readonly string[];
  /** Milliseconds. */
  readonly took: number;
}

/**
 * Runs the jobs of one instance: each slot under a lease, on one instance at a time.
 *
 * It knows nothing of any framework. A Nest app uses it through `@leased-jobs/nestjs`.
 *
 * @example
 * ```ts
 * const engine = new JobEngine({ provider });
 * engine.add({ name: 'newsletter', schedule: interval(10_000), handler: async (run) => send(run.signal) });
 * engine.start();
 * // … and when the app stops:
 * await engine.close();
 * ```
 */
export class JobEngine {
  readonly instance: string;
  /** For leases without a job. */
  readonly leases: Leases;
  readonly events: EventStream<LeasedJobsEvent>;
  readonly #provider: LeaseProvider;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #drainTimeout: number;
  readonly #jobs: JobRegistry;
  readonly #timetable: Timetable;
  /** Each attempt waits on it. */
  readonly #stopping = hooked(new AbortController());
  /** Aborts when a shutdown waits for nothing any more. */
  readonly #givingUp = new AbortController();
  /** What goes on besides the timetable: startups, runs by hand, sections. */
  readonly #begun = new Set<Promise<unknown>>();
  readonly #activity: Activity;
  readonly #keeper: WorkerKeeper | undefined;
  readonly #context: AttendanceContext;
  #state: 'new' | 'started' | 'stopped' = 'new';
  #drained: Promise<DrainReport> | undefined;
  #closed: Promise<DrainReport> | undefined;

  /** @throws ConfigurationError if the settings cannot work on this backend. */
  constructor(options: JobEngineOptions) {
    const { provider, namespace = '', ttl = 30_000, enabled = true, drainTimeout = 10_000 } = options;
    if (!Number.isInteger(drainTimeout) || drainTimeout < 0 || drainTimeout > MAX_DELAY) {
      throw new ConfigurationError(
        `drainTimeout is ${show(drainTimeout)}. Choose a whole number of milliseconds from 0 to ${MAX_DELAY}.`,
      );
    }
    this.#provider = provider;
    this.#clock = options.clock ?? new SystemClock();
    this.#random = options.random ?? systemRandom;
    this.#drainTimeout = drainTimeout;
    this.instance = options.instance ?? `${hostname()}:${process.pid}:${this.#random.uuid().slice(0, 4)}`;
    this.events = new EventStream<LeasedJobsEvent>((thrown) => ({
      type: 'subscriber-failed',
      error: asError(thrown),
    }));
    this.events.subscribe(publishDiagnostics);
    const shared = {
      clock: this.#clock,
      random: this.#random,
      emit: this.events.emit,
      instance: this.instance,
    };
    this.#keeper = this.#keeperOf(options, ttl);
    this.leases = new Leases({ ...shared, provider, namespace, ttl, keeper: this.#keeper });
    this.#jobs = new JobRegistry({
      ttl,
      enabled,
      limits: provider.limits,
      provider: provider.name,
      policies: new Map(),
      qualify: (lock) => (namespace === '' ? lock : `${namespace}/${lock}`),
    });
    this.#activity = new Activity(this.leases);
    // Each job that asks or waits listens to it.
    setMaxListeners(0, this.#stopping.signal);
    this.#context = {
      ...shared,
      leases: this.leases,
      activity: this.#activity,
      stopping: this.#stopping.signal,
      givingUp: this.#givingUp.signal,
      isKnown: (job) => this.#jobs.has(job),
      deniedUntil: new WeakMap(),
      through: new WeakMap(),
    };
    this.#timetable = new Timetable(this.#context, () => this.#jobs.values());
  }

  /** @throws ConfigurationError that names the job, the value, and what is legal. */
  add(definition: JobDefinition): void {
    const job = this.#jobs.add(definition);
    if (this.#state === 'started') this.#timetable.add(job);
  }

  /** Forgets a job. A run of it goes on to its end, a service is told to stop. Returns whether there was such a job. */
  remove(name: string): boolean {
    const job = this.#jobs.remove(name);
    if (!job) return false;
    this.#timetable.forget(job);
    const isShared = [...this.#jobs.values()].some(({ lock }) => lock === job.lock);
    if (!isShared) this.#activity.unfollow(job.lock);
    if (!job.schedule.service) return true;
    for (const run of this.#activity.runs) {
      if (run.subject === job) run.stop(new JobStoppedError(name, 'removed'));
    }
    return true;
  }

  /**
   * Does what is due when an instance starts: the jobs of `atStart`, one after the other in the order in which they were
   * added, each under its lock, by one instance at a time. Call it before `start()`.
   *
   * @throws StartupError if one of them fails, takes longer than its `timeout`, or the engine is closed meanwhile. Those
   *   after it are not begun.
   */
  async startUp(): Promise<void> {
    for (const job of this.#jobs.values()) {
      if (!job.schedule.startup || !job.policies.enabled) continue;
      this.#keeper?.start();
      await this.#track(attendStartup(job, this.#context));
    }
  }

  /**
   * From now on slots are attended, and the process is kept alive until `close()`. The first slot is the next one, unless
   * `missed` or `runOnStart` say something else.
   */
  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'started';
    this.#timetable.start();
    this.#keeper?.start();
  }

  /**
   * Runs a job now, outside of its schedule: whether or not it is due, paused, or enabled here. It takes the job's lease, and
   * marks no slot. Resolves at the end of the run; what the handler throws is in the report.
   *
   * @param options.signal Ends the asking, and not the run.
   * @throws ConfigurationError if there is no such job, or it is a service. StoreError if the store could not be asked.
   *   LeasesClosedError once this engine stops.
   */
  async runNow(name: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<RunNowAnswer> {
    return this.#track(runByHand(this.#jobs.named(name), signal, this.#context));
  }

  /**
   * Pauses a job in the whole cluster, or has it go on. The store keeps that, so it outlives restarts. A run that is under way
   * goes on to its end; a service is told to stop: at once where the store tells of it, as Redis does, else within a ttl. A job
   * that is resumed goes on within a minute.
   *
   * @returns whether it was written. On a store where only the holder of a lock may write, such as Azure Blob, a run has to
   *   end first: it is waited for, at most `wait` milliseconds.
   * @throws ConfigurationError if there is no such job, or it is due only at the start. StoreError if the store could not be
   *   asked, the reason of `signal` once that aborts, and LeasesClosedError once this engine stops.
   */
  async setPaused(name: string, paused: boolean, options: PauseOptions = {}): Promise<boolean> {
    return setPaused(this.#jobs.named(name), paused, options, this.#context);
  }

  /**
   * The next `count` slots of a job, at most 1 000: fewer if its schedule ends, none if it has no slots.
   *
   * @throws ConfigurationError if there is no such job, or for another `count`.
   */
  next(name: string, count: number): readonly Date[] {
    return nextSlots(this.#jobs.named(name), this.#clock.wall(), count);
  }

  /**
   * A critical section: calls `work` under a lock, waiting for it at most `wait` milliseconds (default 0). `currentRun()` finds
   * its run, in `work` and in all that it calls. A shutdown tells it to stop, and waits for it as for the runs of jobs.
   *
   * A call from within a run or section that holds the same lock goes on under its lease, which is kept until `work` has
   * ended. Those of this instance who wait are granted the lock in the order in which they came.
   *
   * @returns what `work` returns, or why it was not called.
   * @throws what `work` throws. StoreError if the store could not be asked, the reason of `signal` once that aborts while it is
   *   waited, LeaseLostError if the run around it has lost this very lock, and LeasesClosedError once this engine stops.
   */
  section<T>(
    lock: string,
    work: (run: JobRun) => T | Promise<T>,
    options: SectionOptions = {},
  ): Promise<Outcome<T>> {
    return this.#track(runSection(lock, work, options, this.#context));
  }

  /**
   * Stops ticking, tells the runs to stop, and waits for them, at most `timeout` milliseconds. Leases of ended runs are
   * released. Those of runs that go on are left to their ttl. What `leases` has given is waited for as well, and stays held
   * until `close()`. Idempotent; never rejects.
   */
  drain(timeout: number = this.#drainTimeout): Promise<DrainReport> {
    this.#drained ??= this.#drain(timeout);
    return this.#drained;
  }

  /** Drains, then closes the provider. Idempotent; never rejects. */
  close(): Promise<DrainReport> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  *jobs(): IterableIterator<JobStatus> {
    const now = this.#clock.wall();
    const running = new Set<object>(this.#activity.runs.map((run) => run.subject));
    for (const job of this.#jobs.values()) {
      const { name, lock, schedule, policies } = job;
      const ticks = this.#state === 'started' && policies.enabled;
      yield {
        name,
        lock,
        locks: permitsOf(job),
        record: recordOf(job),
        schedule: schedule.description,
        enabled: policies.enabled,
        running: running.has(job),
        next: ticks ? dateOf(schedule.next(now, name)) : null,
      };
    }
  }

  /** The drain waits for it. */
  async #track<T>(work: Promise<T>): Promise<T> {
    const begun = work.catch(() => {});
    this.#begun.add(begun);
    try {
      return await work;
    } finally {
      this.#begun.delete(begun);
    }
  }

  #keeperOf({ renewalWorker }: JobEngineOptions, ttl: number): WorkerKeeper | undefined {
    if (!renewalWorker) return undefined;
    const { open, maxBlocked = 2 * ttl } = renewalWorker;
    if (!Number.isInteger(maxBlocked) || maxBlocked < 1 || maxBlocked > MAX_DELAY) {
      throw new ConfigurationError(
        `maxBlocked is ${show(maxBlocked)}. Choose a whole number of milliseconds from 1 to ${MAX_DELAY}.`,
      );
    }
    const onGone = (error: Error): void => this.events.emit({ type: 'renewal-worker-ended', error });
    return new WorkerKeeper({ clock: this.#clock, maxBlocked, open, onGone });
  }

  async #drain(timeout: number): Promise<DrainReport> {
    const took = new Stopwatch(this.#clock);
    this.#state = 'stopped';
    this.#timetable.stop();
    this.#stopping.abort(STOPPING);
    for (const run of this.#activity.runs) run.stop(new ShutdownError(run.job));
    const ended = [this.#timetable.ended(), this.#activity.ended(), ...this.#begun];
    // Runs that are waited for may be given leases meanwhile.
    const idle = Promise.all(ended).then(() => this.leases.ended());
    await settledWithin(this.#clock, timeout, idle);
    this.#givingUp.abort(STOPPING);
    const unfinished = [...this.#activity.runs.map((run) => run.job), ...this.leases.outstanding];
    this.#activity.abandon();
    const report = { unfinished, took: Math.round(took.elapsed()) };
    this.events.emit({ type: 'drained', ...report });
    return report;
  }

  async #close(): Promise<DrainReport> {
    const report = await this.drain();
    // What the drain has left behind may hang on a store that is away: a shutdown does not wait for it.
    await settledWithin(this.#clock, CLOSE_TIMEOUT, this.leases.close());
    await this.#keeper?.close();
    try {
      const { name } = this.#provider;
      const send = (): Promise<void> => this.#provider.close();
      await callStore(this.#clock, { operation: 'close', provider: name, timeout: CLOSE_TIMEOUT, send });
    } catch (thrown) {
      this.events.emit({ type: 'store-failed', lock: '', operation: 'close', error: asError(thrown) });
    }
    return report;
  }
}

function dateOf(slot: number): Date | null {
  return Number.isFinite(slot) ? new Date(slot) : null;
}

const STOPPING = 'this instance is stopping';
/** Milliseconds. Two of these, half a second for a renewing worker, and the drain's limit are the longest that a shutdown takes. */
const CLOSE_TIMEOUT = 400;
