import { LeasesClosedError } from '../errors.js';
import { HeldLease } from '../lease/held-lease.js';
import type { Outcome } from '../lease/leases.js';
import { ActiveRun } from './active-run.js';
import type { AttendanceContext } from './attendance.js';
import { currentRun, type JobRun } from './job-run.js';
import { requestInTurn, type SectionOptions } from './section-request.js';

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
  if (outer) return { ran: true, value: await outer.include(work) };
  const { answer, endTurn } = await requestInTurn(lock, options, context);
  try {
    if (!(answer instanceof HeldLease)) return { ran: false, refusal: answer };
    return { ran: true, value: await workUnder(answer, work, options.name ?? lock, context) };
  } finally {
    endTurn();
  }
}

/**
 * The run that the calling code is part of, or one that has called that, if it has this lock.
 *
 * @throws LeaseLostError if it had: whoever waited for the lock there would wait for the end of its own run.
 */
function runUnderLock(lock: string, { activity }: AttendanceContext): ActiveRun | undefined {
  for (let run = currentRun(); run instanceof ActiveRun; run = run.within) {
    if (run.lock !== lock || run.hasEnded || !activity.has(run)) continue;
    run.throwIfLost();
    return run;
  }
  return undefined;
}

async function workUnder<T>(
  lease: HeldLease,
  work: (run: JobRun) => T | Promise<T>,
  name: string,
  context: AttendanceContext,
): Promise<T> {
  // A drain tells those runs to stop that have begun before it.
  if (context.stopping.aborted) {
    await lease.release();
    throw new LeasesClosedError();
  }
  // What was thrown is thrown on as it is, if it is no error, too.
  let result: { readonly value: T } | { readonly thrown: unknown } | undefined;
  const handler = async (run: JobRun): Promise<void> => {
    try {
      result = { value: await work(run) };
    } catch (thrown) {
      result = { thrown };
    }
  };
  const run = new ActiveRun({ name, handler, self: undefined, policies: POLICIES }, null, lease, context);
  const ended = context.activity.begin(run, lease);
  let refused: Error | undefined;
  try {
    refused = await run.callHandler();
  } finally {
    await lease.release();
    ended();
  }
  if (!result) throw refused ?? new LeasesClosedError();
  if ('thrown' in result) throw result.thrown;
  return result.value;
}

/** There is nothing to be made up for: who has called it is told, and decides. */
const POLICIES = { maxRuntime: null, retry: null };
