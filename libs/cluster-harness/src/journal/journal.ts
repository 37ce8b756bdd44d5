import type { RunOutcome } from '@leased-jobs/core';
import { hostTime } from '../host-time.js';
import type { AbortReason, RunIdentity, Unstamped, RunEntry } from './entry.js';
import { JournalFile } from './journal-file.js';

/** The variables by which a cluster tells an instance who it is and where to write. */
export const INSTANCE_VARIABLE = 'CLUSTER_HARNESS_INSTANCE';
export const JOURNAL_VARIABLE = 'CLUSTER_HARNESS_JOURNAL';

/**
 * How an instance under test records what it does.
 *
 * The history is judged from these entries alone, so when they are written matters:
 * - `started` once the instance does its work, `stopped` once it has drained and given back what it held.
 * - `runStarted` as the first act of a handler, so after the grant.
 * - `ended` as its last act, so before the release.
 *
 * ```ts
 * const log = journal.runStarted({ job, lock, slot, fencingToken: run.fencingToken, attempt: run.attempt });
 * run.signal.addEventListener('abort', () => log.aborted('lost'));
 * log.step(() => run.throwIfLost());
 * log.ended('succeeded');
 * ```
 */
export class Journal {
  readonly #file: JournalFile;

  constructor(
    path: string,
    readonly instance: string,
  ) {
    this.#file = new JournalFile(path);
  }

  /** The journal of this process, which a cluster has started. Throws in any other process. */
  static fromEnv(env: Readonly<Record<string, string | undefined>> = process.env): Journal {
    const { [INSTANCE_VARIABLE]: instance, [JOURNAL_VARIABLE]: path } = env;
    if (!instance || !path) {
      throw new Error(`${INSTANCE_VARIABLE} or ${JOURNAL_VARIABLE} is not set: let a cluster start this.`);
    }
    return new Journal(path, instance);
  }

  started(): void {
    this.#file.append(this.instance, { kind: 'started', pid: process.pid });
  }

  runStarted(run: RunIdentity): RunJournal {
    return new RunJournal(run, (entry, at) => {
      this.#file.append(this.instance, entry, at);
    });
  }

  /** Keeps the event loop from turning for that many milliseconds. */
  block(duration: number): void {
    this.#file.append(this.instance, { kind: 'blocked' });
    const until = hostTime() + duration;
    while (hostTime() < until);
    this.#file.append(this.instance, { kind: 'unblocked' });
  }

  stopped(): void {
    this.#file.append(this.instance, { kind: 'stopped' });
  }

  close(): void {
    this.#file.close();
  }
}

/** How a handler records one run, or one attempt of it. */
export class RunJournal {
  readonly #run: RunIdentity;
  readonly #write: WriteRunEntry;

  constructor({ job, lock, slot, fencingToken, attempt }: RunIdentity, write: WriteRunEntry) {
    this.#run = { job, lock, slot, fencingToken, attempt };
    this.#write = write;
    this.#write({ kind: 'run-started', ...this.#run });
  }

  /**
   * Records a guarded step, unless `check` throws: `log.step(() => run.throwIfLost())`.
   *
   * The stamp is older than the check. A process that is frozen between its check and its write has then said nothing
   * wrong, while a step that is stamped after a successor's start was certainly believed after it.
   */
  step(check: () => void): void {
    const at = hostTime();
    check();
    this.#write({ kind: 'step', ...this.#run }, at);
  }

  aborted(reason: AbortReason): void {
    this.#write({ kind: 'aborted', ...this.#run, reason });
  }

  ended(outcome: RunOutcome): void {
    this.#write({ kind: 'run-ended', ...this.#run, outcome });
  }
}

type WriteRunEntry = (entry: Unstamped<RunEntry>, at?: number) => void;
