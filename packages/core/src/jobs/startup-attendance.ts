import { isTransient } from '../lease/attempts.js';
import { eitherSignal } from '../lease/either-signal.js';
import { askingAgainAfter } from '../lease/asking-again.js';
import { HeldLease } from '../lease/held-lease.js';
import { sleep } from '../time/sleep.js';
import { Stopwatch } from '../time/stopwatch.js';
import type { ActiveRun } from './active-run.js';
import { ask, type AttendanceContext, type Refused, releasesOf, runUnder, waitAfter } from './attendance.js';
import type { Job } from './job-definition.js';
import { ShutdownError } from './job-run.js';
import { StartupError, StartupTimeoutError } from './startup-error.js';

/**
 * Does what is due when an instance starts: waits until it is this instance's turn, and runs it, unless it is done once in the
 * cluster, and is.
 *
 * @throws StartupError if it fails, or takes too long, or this instance is stopped meanwhile.
 */
export async function attendStartup(job: Job, context: AttendanceContext): Promise<void> {
  const { clock, random, stopping, leases } = context;
  const { once, timeout = 0 } = job.schedule.startup ?? {};
  const took = new Stopwatch(clock);
  for (let failures = 0; ;) {
    if (stopping.aborted) throw new StartupError(job.name, new ShutdownError(job.name));
    if (!context.isKnown(job)) return;
    const releases = releasesOf(job, context);
    const answer = await ask(job, once === undefined ? null : DONE_ONCE, context, failures);
    const waited = took.elapsed();
    const left = timeout - waited;
    if (answer instanceof HeldLease) {
      if (left > 0) return runWithin(left, answer, job, context);
      await answer.release();
      throw new StartupError(job.name, new StartupTimeoutError(job.name, timeout, 'its turn came too late'));
    }
    if (answer.reason === 'done') return;
    const { error } = answer;
    if (error && !isTransient(error)) throw new StartupError(job.name, error);
    if (left <= 0) {
      throw new StartupError(job.name, new StartupTimeoutError(job.name, timeout, whyNot(answer)));
    }
    failures = answer.reason === 'unreachable' ? failures + 1 : 0;
    const waiting = {
      named: answer.pause,
      isWanted: answer.reason !== 'held',
      waited,
      isTold: leases.areTold,
    };
    const limit = Math.min(askingAgainAfter(waiting, random), left);
    await waitAfter(answer.reason, { job, releases, limit }, context);
  }
}

/** Does not wait for a handler that does not heed its signal: its lease is kept until it ends, and the start fails. */
async function runWithin(
  limit: number,
  lease: HeldLease,
  job: Job,
  context: AttendanceContext,
): Promise<void> {
  const { once, timeout = 0 } = job.schedule.startup ?? {};
  const ended = new AbortController();
  let run: ActiveRun | undefined;
  const running = runUnder(lease, { job, slot: null }, context, {
    beside: (begun) => {
      run = begun;
      return () => ended.abort(ENDED);
    },
    noteOf: (_, { outcome }) => (outcome === 'succeeded' && once !== undefined ? { slot: DONE_ONCE } : {}),
  }).finally(() => ended.abort(ENDED));
  using over = eitherSignal(ended.signal, context.givingUp);
  await sleep(context.clock, limit, over.signal, true);
  if (!ended.signal.aborted) {
    void running; // It never rejects, and the drain waits for the run.
    if (context.givingUp.aborted) throw new StartupError(job.name, new ShutdownError(job.name));
    const error = new StartupTimeoutError(job.name, timeout, 'its handler was still at work');
    run?.stop(error);
    throw new StartupError(job.name, error);
  }
  const report = await running;
  if (report?.outcome === 'succeeded') return;
  throw new StartupError(job.name, run?.failure ?? new ShutdownError(job.name));
}

function whyNot({ reason, error }: Refused): string {
  if (error) return error.message;
  if (reason === 'held') return 'another instance held its lock';
  if (reason === 'still-running') return 'another run of this instance held its lock';
  return `the answer to each attempt was "${reason}"`;
}

/** What is done once is kept as the slot of a job of its own: a moment that is never in anybody's future. */
const DONE_ONCE = 1;
/** A reason that nobody sees, and that costs no stack. */
const ENDED = 'the run has ended';
