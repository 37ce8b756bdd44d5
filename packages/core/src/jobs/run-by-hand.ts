import { ConfigurationError, LeasesClosedError } from '../errors.js';
import { eitherSignal } from '../lease/either-signal.js';
import { HeldLease } from '../lease/held-lease.js';
import type { LeaseRefusal } from '../lease/lease-provider.js';
import { finishesSlot } from './active-run.js';
import { type AttendanceContext, runUnder } from './attendance.js';
import { heldBy } from './activity.js';
import { type Job, permitsOf } from './job-definition.js';
import type { RunNowAnswer } from './job-engine.js';

/** Runs a job because somebody wants it now. See `JobEngine.runNow`. */
export async function runByHand(
  job: Job,
  signal: AbortSignal | undefined,
  context: AttendanceContext,
): Promise<RunNowAnswer> {
  const { activity, instance, stopping } = context;
  if (job.schedule.service) {
    throw new ConfigurationError(
      `"${job.name}" is a service: it always runs, on one instance. Resume it if it is paused.`,
    );
  }
  if (stopping.aborted) throw new LeasesClosedError();
  if (activity.isAt(job)) return { ran: false, refusal: heldBy(instance) };
  const answer = await requestPermit(job, signal, context);
  if (!(answer instanceof HeldLease)) return { ran: false, refusal: answer };
  // While the store was asked, another of its lock may have begun here, and have lost its lease since.
  if (activity.isAt(job)) {
    await answer.release();
    return { ran: false, refusal: heldBy(instance) };
  }
  // A run by hand is the last run, from which a fixed delay counts.
  const { delay } = job.schedule;
  const report = await runUnder(answer, { job, slot: null }, context, {
    noteOf: (_, { outcome }) => (delay !== undefined && finishesSlot(outcome) ? { holdOff: delay } : {}),
  });
  if (!report) throw new LeasesClosedError();
  return { ran: true, report };
}

/** No claim is made: whether the job is due, or paused, is not asked. */
async function requestPermit(
  job: Job,
  signal: AbortSignal | undefined,
  { leases, stopping }: AttendanceContext,
): Promise<HeldLease | LeaseRefusal> {
  using either = signal ? eitherSignal(signal, stopping) : undefined;
  const { timing, maxRuntime } = job.policies;
  const attempt = { timing, maxHold: maxRuntime ?? undefined, signal: either?.signal ?? stopping };
  let refusal: LeaseRefusal | undefined;
  for (const lock of permitsOf(job)) {
    try {
      const answer = await leases.attempt(lock, attempt);
      if (answer instanceof HeldLease) return answer;
      refusal = answer;
    } catch (thrown) {
      if (stopping.aborted) throw new LeasesClosedError();
      throw thrown;
    }
  }
  return refusal as LeaseRefusal;
}
