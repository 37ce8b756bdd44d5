import type { HeldLease } from '../lease/held-lease.js';
import type { LeaseRefusal } from '../lease/lease-provider.js';
import type { Leases } from '../lease/leases.js';
import type { LockFollower } from '../lease/lock-follower.js';
import type { Clock } from '../time/clock.js';
import { Waiters } from '../time/waiters.js';
import type { ActiveRun } from './active-run.js';
import { type Job, permitsOf } from './job-definition.js';
import { Turns } from './turns.js';

/** What this instance is at: the runs that have not given their leases back, and the locks that it follows. */
export class Activity {
  /** Of those who wait to do some work under a lock. */
  readonly turns = new Turns();
  readonly #leases: Leases;
  readonly #runs = new Map<ActiveRun, HeldLease>();
  readonly #followers = new Map<string, LockFollower>();
  readonly #ends = new Waiters();
  /** What is waited for by those who wait until no run goes on here. */
  #idle: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  constructor(leases: Leases) {
    this.#leases = leases;
  }

  get runs(): readonly ActiveRun[] {
    return [...this.#runs.keys()];
  }

  /** Returns the function that ends it. */
  begin(run: ActiveRun, lease: HeldLease): () => void {
    this.#runs.set(run, lease);
    return () => {
      this.#runs.delete(run);
      this.#ends.wake();
      if (this.#runs.size === 0) this.#onIdle?.();
    };
  }

  /** Whether a run goes on here, and has not ended. */
  has(run: ActiveRun): boolean {
    return this.#runs.has(run);
  }

  /**
   * Whether a run under this lock goes on here. It may have lost its lease, so that the store would grant the lock to this
   * very instance once more.
   */
  holds(lock: string): boolean {
    for (const run of this.#runs.keys()) if (run.lock === lock) return true;
    return false;
  }

  /** Whether a run under a permit of this job goes on here. */
  isAt(job: Job): boolean {
    if (job.policies.concurrency === 1) return this.holds(job.lock);
    return this.#runs.size > 0 && permitsOf(job).some((lock) => this.holds(lock));
  }

  /** Resolves when no run goes on here. It is asked for once, when none begins any more. */
  async ended(): Promise<void> {
    if (this.#runs.size > 0) await (this.#idle ??= new Promise((resolve) => (this.#onIdle = resolve)));
  }

  /** Resolves when some run has ended here, after `limit` milliseconds, or when `signal` aborts. */
  nextEnd(clock: Clock, limit: number, signal: AbortSignal): Promise<void> {
    return this.#ends.wait(clock, limit, signal);
  }

  /** The follower of a lock that had to be waited for, from the first such wait on. */
  followed(lock: string): LockFollower | undefined {
    return this.#followers.get(lock);
  }

  follow(job: Job): LockFollower {
    let follower = this.#followers.get(job.lock);
    if (!follower) this.#followers.set(job.lock, (follower = this.#leases.follow(permitsOf(job))));
    return follower;
  }

  unfollow(lock: string): void {
    this.#followers.get(lock)?.close();
    this.#followers.delete(lock);
  }

  /** Leaves the leases of the runs that go on to their ttl. */
  abandon(): void {
    for (const lease of this.#runs.values()) void lease.abandon(); // It never rejects.
    for (const lock of this.#followers.keys()) this.unfollow(lock);
  }
}

/** The answer of an instance that is at it itself. The store is not asked, so when the lock will be free is not known. */
export function heldBy(instance: string): LeaseRefusal {
  return { refused: 'held', holder: instance, expiresIn: 0, retryAfter: 0 };
}
