import { type LockState, untilAborted } from '@leased-jobs/core';
import { fileStoreError, provesNoLink } from './file-store-error.js';
import { Generations, type Head } from './generations.js';
import type { HostClock } from './host-clock.js';
import type { LeaseFolder } from './lease-folder.js';
import { FORMAT } from './lock-document.js';
import { isLockFolder, lockFolderName, lockOfFolder } from './lock-folder-name.js';
import { type LockView, viewLock } from './lock-view.js';
import { Observations } from './observations.js';
import type { ProcessIdentity } from './process-prober.js';

/** An answer, and the state that makes it true if the present one does not. */
export interface Decision<T> {
  readonly answer: T;
  readonly next?: LockState;
  /** Of the lease in `next`; left out, they stay as they are. */
  readonly ttl?: number;
  readonly process?: ProcessIdentity;
  /** The answer instead, if the time at which the store has written `next` forbids it. */
  readonly forbid?: (writtenAt: number) => T | null;
}

/** Reads the locks of a folder, and changes them one atomic step at a time. Owns signals and the classing of errors. */
export class FileLocks {
  readonly #folder: LeaseFolder;
  readonly #clock: HostClock;
  readonly #observations = new Observations();

  constructor(folder: LeaseFolder, clock: HostClock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** `null` if nothing was ever written. */
  async read(lock: string, signal: AbortSignal): Promise<LockView | null> {
    return this.#settle(signal, NOTHING_LINKED, async () => {
      const head = await new Generations(this.#folder, lockFolderName(lock), lock).head(signal);
      return head.generation === 0 ? null : this.#view(lock, head);
    });
  }

  async *list(prefix: string, signal: AbortSignal): AsyncIterable<{ lock: string; view: LockView }> {
    const names = await this.#settle(signal, NOTHING_LINKED, () =>
      this.#folder.files.list(this.#folder.path),
    );
    for (const name of names.filter(isLockFolder)) {
      const told = lockOfFolder(name);
      if (told !== null && !told.startsWith(prefix)) continue;
      const found = await this.#settle(signal, NOTHING_LINKED, async () => {
        const head = await new Generations(this.#folder, name, told).head(signal);
        // A folder with a shortened name and no intact record in it: whose it is, nobody can say.
        const lock = told ?? head.document?.lock;
        return head.generation === 0 || lock === undefined ? null : { lock, view: this.#view(lock, head) };
      });
      if (found?.lock.startsWith(prefix)) yield found;
    }
  }

  /** Decides, and again for as long as others are faster: each time somebody else has made a step. */
  async change<T>(
    lock: string,
    signal: AbortSignal,
    decide: (view: LockView, nextGeneration: number) => Decision<T>,
  ): Promise<T> {
    const progress: Progress = { applied: 'no' };
    const generations = new Generations(this.#folder, lockFolderName(lock), lock);
    return this.#settle(signal, progress, async () => {
      for (;;) {
        const head = await generations.head(signal);
        const view = this.#view(lock, head);
        const decision = decide(view, head.generation + 1);
        const { answer, next } = decision;
        if (!next) return answer;
        const document = {
          format: FORMAT,
          lock,
          clock: { id: this.#clock.id, now: this.#clock.uptime() },
          ttl: decision.ttl ?? view.ttl,
          process: next.lease && (decision.process ?? view.process),
          state: next,
        } as const;
        let forbidden: T | null = null;
        const commit = await generations.commit(head, document, {
          signal,
          withdraw: (writtenAt) => (forbidden = decision.forbid?.(writtenAt) ?? null) !== null,
          onLink: (link) => this.#linked(link, progress),
        });
        if (commit === 'committed') return answer;
        if (forbidden !== null) return forbidden;
      }
    });
  }

  /** Whether a link was made is unknown from its beginning, unless its error proves that it was not. */
  async #linked(link: () => Promise<void>, progress: Progress): Promise<void> {
    const before = progress.applied;
    progress.applied = 'unknown';
    try {
      await link();
    } catch (thrown) {
      if (provesNoLink(thrown)) progress.applied = before;
      throw thrown;
    }
  }

  #view(lock: string, head: Head): LockView {
    return viewLock(lock, head, this.#clock, this.#observations);
  }

  async #settle<T>(signal: AbortSignal, progress: Readonly<Progress>, work: () => Promise<T>): Promise<T> {
    try {
      return await untilAborted(signal, work);
    } catch (thrown) {
      if (signal.aborted && thrown === signal.reason) throw thrown;
      throw fileStoreError(thrown, this.#folder.path, progress.applied);
    }
  }
}

/** What is known of the links of one call. */
interface Progress {
  applied: 'no' | 'unknown';
}

const NOTHING_LINKED: Progress = { applied: 'no' };
