import {
  type AcquireRequest,
  acquireLock,
  assertLockName,
  assertTtl,
  type GrantProof,
  type LeaseGrant,
  type LeaseLimits,
  type LeaseProvider,
  type LeaseRefusal,
  lockRecord,
  type LockRecord,
  type LockState,
  MAX_DELAY,
  pauseJob,
  releaseLock,
  type ReleaseNote,
  renewLock,
  StoreError,
  type StoreTime,
} from '@leased-jobs/core';
import { type Decision, FileLocks } from './file-locks.js';
import { type FileOperations, nodeFileOperations } from './file-operations.js';
import { type HostClock, systemHostClock } from './host-clock.js';
import { hostIdentity } from './host-identity.js';
import { LeaseFolder } from './lease-folder.js';
import type { LockView } from './lock-view.js';
import { type ProcessProber, processProber } from './process-prober.js';

export interface FileLeaseOptions {
  /**
   * The folder, made if it is missing. Default: `leased-jobs-<uid>` in the temporary folder of this system, which must
   * then be writable by this user alone.
   */
  readonly directory?: string;
}

/** What a test replaces. */
export interface FileLeaseSeams {
  readonly files: FileOperations;
  readonly clock: HostClock;
  readonly processes: ProcessProber;
  /** For how long the folder may keep `open` waiting, in milliseconds. Default: 10 s. */
  readonly openTimeout: number;
}

/**
 * Leases in a folder, for any number of processes of one host. How a change is made is told at `Generations`; what a
 * record of another boot or another host means, at `viewLock`.
 *
 * The lock of a process that has died is free at once. That is noticed by asking, so a refusal as `held` says to ask
 * again after at most 250 ms. A lease otherwise expires by the time since the host booted.
 */
export class FileLeaseProvider implements LeaseProvider {
  readonly name = 'file';
  readonly limits: LeaseLimits;
  readonly #locks: FileLocks;
  readonly #clock: HostClock;
  readonly #processes: ProcessProber;
  #closed = false;

  /** @throws ConfigurationError if leases cannot be kept in the folder, or if it has not answered in time. */
  static async open(
    options: FileLeaseOptions = {},
    seams: Partial<FileLeaseSeams> = {},
  ): Promise<FileLeaseProvider> {
    const folder = new LeaseFolder(options.directory, seams.files ?? nodeFileOperations);
    await openInTime(folder, seams.openTimeout ?? OPEN_TIMEOUT);
    const identity = hostIdentity();
    const clock = seams.clock ?? systemHostClock(identity.clock);
    const processes = seams.processes ?? processProber(identity.processes);
    return new FileLeaseProvider(new FileLocks(folder, clock), clock, processes);
  }

  private constructor(locks: FileLocks, clock: HostClock, processes: ProcessProber) {
    this.#locks = locks;
    this.#clock = clock;
    this.#processes = processes;
    // An expiry is rounded up by a step of the clock, and noticed up to another step late.
    this.limits = {
      minTtl: 50,
      maxTtl: MAX_DELAY,
      granularity: Math.max(50, 2 * clock.step),
      excludes: 'host',
    };
  }

  async acquire(request: AcquireRequest, signal: AbortSignal): Promise<LeaseGrant | LeaseRefusal> {
    assertLockName(request.lock);
    assertTtl(request.ttl, this.limits, this.name);
    this.#assertOpen();
    return this.#locks.change(request.lock, signal, (view, nextToken) =>
      this.#decide(request, view, nextToken),
    );
  }

  async renew(grant: LeaseGrant, ttl: number, signal: AbortSignal): Promise<boolean> {
    assertTtl(ttl, this.limits, this.name);
    this.#assertOpen();
    return this.#locks.change<boolean>(grant.lock, signal, (view) => {
      assertKnown(grant.lock, view);
      const next = renewLock(view.state, grant, this.#roundedUp(ttl), this.#now());
      return next ? { answer: true, next, ttl, process: this.#processes.self } : { answer: false };
    });
  }

  async release(grant: GrantProof, note: ReleaseNote, signal: AbortSignal): Promise<void> {
    this.#assertOpen();
    await this.#locks.change<null>(grant.lock, signal, (view) => {
      assertKnown(grant.lock, view);
      const next = releaseLock(view.state, grant, this.#roundedNote(note), this.#now());
      return next ? { answer: null, next } : { answer: null };
    });
  }

  async setPaused(lock: string, job: string, paused: boolean, signal: AbortSignal): Promise<null> {
    assertLockName(lock);
    this.#assertOpen();
    return this.#locks.change<null>(lock, signal, (view) => ({
      answer: null,
      next: pauseJob(view.state, job, paused),
    }));
  }

  async read(lock: string, signal: AbortSignal): Promise<LockRecord | null> {
    assertLockName(lock);
    this.#assertOpen();
    const view = await this.#locks.read(lock, signal);
    return view && this.#record(lock, view);
  }

  async *list(prefix: string, signal: AbortSignal): AsyncIterable<LockRecord> {
    this.#assertOpen();
    for await (const { lock, view } of this.#locks.list(prefix, signal)) yield this.#record(lock, view);
  }

  /** There is nothing to end. Later calls reject. */
  async close(): Promise<void> {
    this.#closed = true;
  }

  #decide(request: AcquireRequest, view: LockView, nextToken: number): Decision<LeaseGrant | LeaseRefusal> {
    const now = this.#now();
    const asked = { ...request, ttl: this.#roundedUp(request.ttl) };
    const state = this.#withoutTheDead(view);
    const acquired = acquireLock(state, asked, now, nextToken);
    if ('refused' in acquired) return { answer: this.#toldSoon(acquired) };
    return {
      answer: acquired.grant,
      next: acquired.state,
      ttl: request.ttl,
      process: this.#processes.self,
      // The wall clock that has decided so far is this process's view of it; the file system's has the last word. It
      // costs nothing here, and a loser need not write in order to learn it.
      forbid: (writtenAt) => {
        const again = acquireLock(state, asked, { ...now, wall: writtenAt }, nextToken);
        return 'refused' in again ? again : null;
      },
    };
  }

  #withoutTheDead({ state, process: holder }: LockView): LockState {
    return state.lease && holder && this.#processes.isDead(holder) ? { ...state, lease: null } : state;
  }

  #toldSoon(refusal: LeaseRefusal): LeaseRefusal {
    if (refusal.refused !== 'held') return refusal;
    const expiresIn = Math.max(1, refusal.expiresIn - this.#clock.step);
    return { ...refusal, expiresIn, retryAfter: Math.min(refusal.expiresIn, HELD_RETRY) };
  }

  /** Reported as asked for: without the step by which every moment was rounded up. */
  #record(lock: string, view: LockView): LockRecord {
    const { duration, wall } = this.#now();
    return lockRecord(lock, this.#withoutTheDead(view), { duration: duration + this.#clock.step, wall });
  }

  #now(): StoreTime {
    return { duration: this.#clock.uptime(), wall: this.#clock.wall() };
  }

  /** A reading may lag behind by a step, so a duration counted from it would be over that much too early. */
  #roundedUp(duration: number): number {
    return duration + this.#clock.step;
  }

  #roundedNote({ job }: ReleaseNote): ReleaseNote {
    if (!job?.holdOff) return job ? { job } : {};
    return { job: { ...job, holdOff: this.#roundedUp(job.holdOff) } };
  }

  #assertOpen(): void {
    if (!this.#closed) return;
    throw new StoreError('This provider is closed. Open another one, or close it later.', {
      kind: 'invalid',
      applied: 'no',
    });
  }
}

async function openInTime(folder: LeaseFolder, timeout: number): Promise<void> {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(new Error(`No answer within ${timeout} ms`));
  }, timeout);
  try {
    await folder.open(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** Under a damaged record, nobody can tell whether a grant is live: neither yes nor no would be true. */
function assertKnown(lock: string, view: LockView): void {
  if (!view.doubtful) return;
  throw new StoreError(
    `The newest record of the lock "${lock}" is damaged, so whose it is cannot be told. ` +
      'It can be had again once the last known ttl has passed; look at the disk.',
    { kind: 'invalid', applied: 'no' },
  );
}

/** Asking costs two reads of a small file, and is how the death of a holder is noticed. Milliseconds. */
const HELD_RETRY = 250;
const OPEN_TIMEOUT = 10_000;
