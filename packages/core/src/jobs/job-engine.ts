import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import { asError, ConfigurationError, show } from '../errors.js';
import { EventStream } from '../events/event-stream.js';
import { publishDiagnostics } from '../events/diagnostics.js';
import type { LeaseProvider } from '../lease/lease-provider.js';
import { Leases } from '../lease/leases.js';
import { callStore } from '../lease/store-call.js';
import type { RenewalSettings, RenewalWorker } from '../renewal/renewal-messages.js';
import { WorkerKeeper } from '../renewal/worker-keeper.js';
import { type Clock, MAX_DELAY } from '../time/clock.js';
import { type Random, systemRandom } from '../time/random.js';
import { settledWithin } from '../time/sleep.js';
import { Stopwatch } from '../time/stopwatch.js';
import { SystemClock } from '../time/system-clock.js';
import { Activity } from './activity.js';
import { type Job, type JobDefaults, type JobDefinition, resolveJob } from './job-definition.js';
import type { LeasedJobsEvent } from './job-event.js';
import { ShutdownError } from './job-run.js';
import { lastSlotBefore, latestSlot } from './schedule.js';
import { attendDelay } from './delay-attendance.js';
import { attendSlot, type AttendanceContext } from './slot-attendance.js';
import { Ticker } from './ticker.js';

export interface JobEngineOptions {
  readonly provider: LeaseProvider;
  /** Who this instance is, for people. Default: `host:pid:random`. */
  readonly instance?: string;
  /** Put before the name of every lock, so that apps which share a store do not exclude each other. Default: none. */
  readonly namespace?: string;
  /** How long a crashed holder blocks the others, in milliseconds. Default: 30 000. */
  readonly ttl?: number;
  /** How long a shutdown waits for runs, in milliseconds. Default: 10 000. */
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
  readonly schedule: string;
  readonly enabled: boolean;
  /** Whether this instance runs it now. */
  readonly running: boolean;
  /** The next slot, or null if this instance does not run the job. */
  readonly next: Date | null;
}

export interface DrainReport {
  /** The jobs whose runs outlived the limit. Their leases are left to their ttl. */
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
  readonly #defaults: JobDefaults;
  readonly #jobs = new Map<string, Job>();
  readonly #ticker: Ticker<Job>;
  readonly #stopping = new AbortController();
  /** Jobs whose missed slots have yet to be made up for. */
  readonly #behind = new Set<Job>();
  /** The slots that this instance attends, and the runs among them. A job is in here at most once. */
  readonly #attending = new Map<Job, Promise<void>>();
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
    this.#defaults = {
      ttl,
      enabled,
      limits: provider.limits,
      provider: provider.name,
      policies: new Map(),
      qualify: (lock) => (namespace === '' ? lock : `${namespace}/${lock}`),
    };
    this.#activity = new Activity(this.leases);
    // Each job that asks or waits listens to it.
    setMaxListeners(0, this.#stopping.signal);
    this.#context = {
      ...shared,
      leases: this.leases,
      activity: this.#activity,
      stopping: this.#stopping.signal,
      isKnown: (job) => this.#jobs.get(job.name) === job,
      deniedUntil: new Map(),
    };
    this.#ticker = new Ticker(
      this.#clock,
      (job, at) => this.#onDue(job, at),
      () => this.#queueAll(),
    );
  }

  /** @throws ConfigurationError that names the job, the value, and what is legal. */
  add(definition: JobDefinition): void {
    const job = resolveJob(definition, this.#defaults);
    if (this.#jobs.has(job.name)) {
      throw new ConfigurationError(
        `Two jobs are called "${job.name}". Give one of them another \`name\`: slots and reports are kept by it.`,
      );
    }
    this.#jobs.set(job.name, job);
    if (this.#state === 'started') this.#attempt(job, () => this.#pushFirst(job, this.#clock.wall()));
  }

  /** Forgets a job. A run of it goes on to its end. Returns whether there was such a job. */
  remove(name: string): boolean {
    const job = this.#jobs.get(name);
    if (!job) return false;
    this.#jobs.delete(name);
    this.#context.deniedUntil.delete(job);
    this.#behind.delete(job);
    const isShared = [...this.#jobs.values()].some(({ lock }) => lock === job.lock);
    if (!isShared) this.#activity.unfollow(job.lock);
    return true;
  }

  /**
   * From now on slots are attended, and the process is kept alive until `close()`. The first slot is the next one: what
   * was due before the start is not made up for.
   */
  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'started';
    this.#queueAll();
    this.#ticker.start();
    this.#keeper?.start();
  }

  /**
   * Stops ticking, tells the runs to stop, and waits for them, at most `timeout` milliseconds. Leases of ended runs are
   * released. Those of runs that go on are left to their ttl. Idempotent; never rejects.
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
    const running = new Set(this.#activity.runs.map((run) => run.job));
    for (const { name, lock, schedule, policies } of this.#jobs.values()) {
      const ticks = this.#state === 'started' && policies.enabled;
      yield {
        name,
        lock,
        schedule: schedule.description,
        enabled: policies.enabled,
        running: running.has(name),
        next: ticks ? dateOf(schedule.next(now, name)) : null,
      };
    }
  }

  #queueAll(): void {
    const now = this.#clock.wall();
    for (const job of this.#jobs.values()) this.#attempt(job, () => this.#pushFirst(job, now));
  }

  /** What was missed is asked for at once: a little later by chance, for many instances may start together. */
  #pushFirst(job: Job, now: number): void {
    if (!job.policies.enabled) return;
    const { delay } = job.schedule;
    if (delay === undefined && job.policies.missed === 'skip') return this.#pushNext(job, now);
    if (delay === undefined) this.#behind.add(job);
    this.#ticker.push(now + MAX_TICK_JITTER * this.#random.next(), job);
  }

  #pushNext(job: Job, after: number): void {
    if (!job.policies.enabled) return;
    const slot = job.schedule.next(after, job.name);
    if (!Number.isFinite(slot) || slot <= after) return; // It has come to its end.
    const period = job.schedule.next(slot, job.name) - slot;
    // The tick is jittered, the slot is not: instances that ask one after the other do not crowd the store.
    this.#ticker.push(slot + Math.min(period * TICK_JITTER, MAX_TICK_JITTER) * this.#random.next(), job);
  }

  #onDue(job: Job, at: number): void {
    if (this.#context.isKnown(job)) this.#attempt(job, () => this.#attend(job, at));
  }

  #attend(job: Job, at: number): void {
    const { name, schedule } = job;
    if (schedule.delay !== undefined) {
      if (this.#attending.has(job)) return;
      return this.#begin(job, attendDelay(job, schedule.delay, this.#context));
    }
    const now = this.#clock.wall();
    const next = schedule.next(now, name);
    // The slot that was queued lies before its tick by no more than the jitter. Later ones may have become due since.
    const isMissed = this.#behind.delete(job);
    const slot = isMissed
      ? lastSlotBefore(schedule, name, now)
      : latestSlot(schedule, name, at - MAX_TICK_JITTER - 1, now);
    // After all that may throw: a job whose schedule did is queued by whoever catches that.
    this.#pushNext(job, now);
    if (slot === null) return;
    if (this.#attending.has(job)) {
      const reason = this.#activity.holds(job.lock) ? 'still-running' : 'unreachable';
      this.events.emit({ type: 'skipped', job: name, slot: new Date(slot), reason });
      return;
    }
    this.#begin(job, attendSlot(job, { slot, until: next, isMissed }, this.#context));
  }

  #begin(job: Job, attending: Promise<void>): void {
    const attendance = attending
      .catch((thrown: unknown) => {
        this.#failed(job, thrown);
        // What has slots begins anew with the next one by itself.
        if (job.schedule.delay !== undefined) this.#ticker.push(this.#clock.wall() + 60_000, job);
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
      this.#ticker.push(this.#clock.wall() + 60_000, job);
    }
  }

  #failed(job: Job, thrown: unknown): void {
    this.events.emit({ type: 'attendance-failed', job: job.name, error: asError(thrown) });
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
    this.#ticker.stop();
    this.#stopping.abort(STOPPING);
    for (const run of this.#activity.runs) run.stop(new ShutdownError(run.job));
    await settledWithin(this.#clock, timeout, Promise.all(this.#attending.values()));
    const unfinished = this.#activity.runs.map((run) => run.job);
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
/** The share of a period, and the most milliseconds, by which a tick may come after its slot. */
const TICK_JITTER = 0.1;
const MAX_TICK_JITTER = 2_000;
/** Milliseconds. Two of these, half a second for a renewing worker, and the drain's limit are the longest that a shutdown takes. */
const CLOSE_TIMEOUT = 400;
