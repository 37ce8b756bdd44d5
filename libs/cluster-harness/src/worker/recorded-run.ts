import { JobStoppedError, LeaseLostError, type RunOutcome, ShutdownError } from '@leased-jobs/core';
import type { JobRun } from '@leased-jobs/nestjs';
import type { AbortReason } from '../journal/entry.js';
import type { Journal, RunJournal } from '../journal/journal.js';

/** Does the work of a run, and writes down when it began, when it was told to stop, and how it ended. */
export async function recordRun(
  journal: Journal,
  lock: string,
  run: JobRun,
  work: (log: RunJournal) => Promise<void>,
): Promise<void> {
  const { job, slot, fencingToken, attempt, signal } = run;
  const log = journal.runStarted({ job, lock, slot: slot?.getTime() ?? null, fencingToken, attempt });
  signal.addEventListener('abort', () => log.aborted(abortReason(signal.reason)));
  try {
    await work(log);
    log.ended('succeeded');
  } catch (error) {
    log.ended(outcome(error));
    throw error;
  }
}

function abortReason(reason: unknown): AbortReason {
  if (reason instanceof LeaseLostError) return 'lost';
  if (reason instanceof JobStoppedError) return 'stopped';
  return reason instanceof ShutdownError ? 'shutdown' : 'maxRuntime';
}

function outcome(error: unknown): RunOutcome {
  if (error instanceof LeaseLostError) return 'lost';
  return error instanceof ShutdownError || error instanceof JobStoppedError ? 'interrupted' : 'failed';
}
