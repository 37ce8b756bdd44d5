import { ConfigurationError, LeasesClosedError, show } from '../errors.js';
import { eitherSignal } from '../lease/either-signal.js';
import { HeldLease } from '../lease/held-lease.js';
import type { LeaseRefusal } from '../lease/lease-provider.js';
import type { Outcome, WaitOptions } from '../lease/leases.js';
import { MAX_DELAY } from '../time/clock.js';
import { Stopwatch } from '../time/stopwatch.js';
import { ActiveRun } from './active-run.js';
import type { AttendanceContext } from './attendance.js';
import { currentRun, type JobRun } from './job-run.js';

export interface SectionOptions extends Partial<WaitOptions> {
  /** What it is called in reports of a shutdown: `run.job`. Default: the lock's name. */
  readonly name?: string;
}

/**
 * Does some work under a lock, as a run outside of any schedule. See `JobEngine.section`.
 *
 * A call from within a run that holds this very lock goes on under its lease: it would wait for itself otherwise.
 */
export async function runSection<T>(
  lock: string,
  work: (run: JobRun) => T | Promise<T>,
  options: SectionOptions,
  context: AttendanceContext,
): Promise<Outcome<T>> {
  const outer = runUnderLock(lock, context);
  if (outer) return { ran: true, value: await work(outer) };
  const answer = await request(lock, options, context);
  if (!(answer instanceof HeldLease)) return { ran: false, refusal: answer };
  // What was thrown is thrown on as it is, if it is no error, too.
  let result: { readonly value: T } | { readonly thrown: unknown } | undefined;
  const handler = async (run: JobRun): Promise<void> => {
    try {
      result = { value: await work(run) };
    } catch (thrown) {
      result = { thrown };
    }
  };
  const { name = lock } = options;
  const run = new ActiveRun({ name, handler, self: undefined, policies: POLICIES }, null, answer, context);
  const ended = context.activity.begin(run, answer);
  let refused: Error | undefined;
  try {
    refused = await run.callHandler();
  } finally {
    await answer.release();
    ended();
  }
  if (!result) throw refused ?? new LeasesClosedError();
  if ('thrown' in result) throw result.thrown;
  return { ran: true, value: result.value };
}

/** The run that the calling code is part of, or one that has called that, if it holds the lock now. */
function runUnderLock(lock: string, { activity }: AttendanceContext): ActiveRun | undefined {
  for (let run = currentRun(); run instanceof ActiveRun; run = run.within) {
    if (run.lock === lock && activity.has(run) && run.isUnderLease) return run;
  }
  return undefined;
}

async function request(
  lock: string,
  { wait = 0, ttl, signal }: SectionOptions,
  { leases, activity, clock, stopping, instance }: AttendanceContext,
): Promise<HeldLease | LeaseRefusal> {
  if (typeof wait !== 'number' || Number.isNaN(wait) || wait < 0) {
    throw new ConfigurationError(
      `Cannot wait ${show(wait)} ms for the lock "${lock}". Choose a number of milliseconds from 0 on.`,
    );
  }
  const waited = new Stopwatch(clock);
  using either = signal ? eitherSignal(signal, stopping) : undefined;
  const until = either?.signal ?? stopping;
  for (;;) {
    if (stopping.aborted) throw new LeasesClosedError();
    until.throwIfAborted();
    const left = Math.max(0, wait - waited.elapsed());
    // What this instance is at needs no question to the store. A run that has lost its lease is at it, too.
    if (activity.holds(lock)) {
      if (left === 0) return { refused: 'held', holder: instance, expiresIn: 0, retryAfter: 0 };
      await activity.nextEnd(clock, Math.min(left, MAX_DELAY), until);
      continue;
    }
    try {
      const answer = await leases.request(lock, {
        wait: left,
        signal: until,
        ...(ttl !== undefined && { ttl }),
      });
      if (!(answer instanceof HeldLease) || !activity.holds(lock)) return answer;
      await answer.release();
    } catch (thrown) {
      if (stopping.aborted) throw new LeasesClosedError();
      throw thrown;
    }
  }
}

/** There is nothing to be made up for: who has called it is told, and decides. */
const POLICIES = { maxRuntime: null, retry: null };
