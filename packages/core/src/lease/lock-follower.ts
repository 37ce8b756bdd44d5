import type { Clock } from '../time/clock.js';
import { Waiters } from '../time/waiters.js';
import type { LeaseProvider, Release, Watch } from './lease-provider.js';

/**
 * Follows the releases of one lock, or of the permits of one job, where the store can tell of them, for those who wait.
 *
 * It begins to watch when the first of them waits, and goes on until it is closed: what is released between an answer of
 * the store and the wait for the next one is not missed. Where the store cannot tell, a wait lasts for its whole time.
 */
export class LockFollower {
  readonly #provider: LeaseProvider;
  readonly #clock: Clock;
  readonly #locks: readonly string[];
  readonly #waiters = new Waiters();
  /** The last slot of each job that was told to have been run. */
  readonly #lastSlots = new Map<string, number>();
  #watches: (Watch | undefined)[] | undefined;

  /** Counts what was told. Taken before the store is asked, it tells what has been released since. */
  releases = 0;

  /** `locks` are called as the store calls them. */
  constructor(provider: LeaseProvider, clock: Clock, locks: readonly string[]) {
    this.#provider = provider;
    this.#clock = clock;
    this.#locks = locks;
  }

  /** Whether a release has told that this slot, or a later one, was run. */
  hasRun(job: string, slot: number): boolean {
    return slot <= (this.#lastSlots.get(job) ?? -Infinity);
  }

  /** Resolves once the lock was released after `releases` was taken, after `limit` milliseconds, or when `signal` aborts. */
  async releasedSince(releases: number, limit: number, signal: AbortSignal | undefined): Promise<void> {
    this.#watches ??= this.#locks.map((lock) => this.#begin(lock));
    if (this.releases === releases) await this.#waiters.wait(this.#clock, limit, signal);
  }

  /** Never throws: a provider that cannot stop telling is not listened to any more. */
  close(): void {
    for (const watch of this.#watches ?? []) {
      try {
        watch?.close();
      } catch {
        // Nothing is owed to it, and nobody waits.
      }
    }
    // Nothing is begun anew: a run that outlives the drain may still wait by it.
    this.#watches = [];
  }

  /** A provider that cannot begin to tell is asked again at the times that its refusals name. */
  #begin(lock: string): Watch | undefined {
    try {
      return this.#provider.watch?.(lock, (release) => this.#onRelease(release));
    } catch {
      return undefined;
    }
  }

  #onRelease({ done }: Release): void {
    this.releases++;
    if (done) this.#lastSlots.set(done.job, done.slot);
    this.#waiters.wake();
  }
}
