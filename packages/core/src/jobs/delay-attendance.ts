import { eitherSignal } from '../lease/either-signal.js';
import { HeldLease } from '../lease/held-lease.js';
import { jittered } from '../time/random.js';
import { sleep } from '../time/sleep.js';
import { finishesSlot } from './active-run.js';
import { ask, type AttendanceContext, releasesOf, type RunPart, runUnder, waitAfter } from './attendance.js';
import type { Job } from './job-definition.js';
import { JobStoppedError } from './job-run.js';
import type { ActiveRun } from './active-run.js';
import { restartDelays } from './restart-delays.js';

/**
 * Attends a job that has no slots, but a delay: it is due again so many milliseconds after its last run has ended, wherever
 * that was. The store keeps that time, so whoever asks earlier is told when to ask again. Resolves when this instance stops.
 */
export async function attendDelay(job: Job, delay: number, context: AttendanceContext): Promise<void> {
  const { random, stopping } = context;
  const part = job.schedule.service ? servicePart(job, context) : delayPart(delay);
  for (let failures = 0; !stopping.aborted && context.isKnown(job);) {
    const releases = releasesOf(job, context);
    const answer = await ask(job, null, context, failures);
    let refused: Parameters<typeof waitAfter>[0] | null = null;
    let pause: number;
    if (answer instanceof HeldLease) {
      pause = await runOnce(answer, job, context, part);
    } else {
      refused = answer.reason;
      pause = answer.pause;
    }
    if (stopping.aborted) return;
    failures = refused === 'unreachable' ? failures + 1 : 0;
    await waitAfter(refused ?? 'not-due', { job, releases, limit: jittered(pause, random) }, context);
  }
}

/** Resolves with how many milliseconds there are until this instance should ask again. */
async function runOnce(
  lease: HeldLease,
  job: Job,
  context: AttendanceContext,
  part: RunPart,
): Promise<number> {
  let holdOff: number | undefined;
  const report = await runUnder(lease, { job, slot: null }, context, {
    ...part,
    noteOf: (run, ended) => {
      const note = part.noteOf(run, ended);
      holdOff = note.holdOff;
      return note;
    },
  });
  // Who has lost its lease, or was interrupted, leaves nothing behind that others would have to wait for.
  return report?.outcome === 'lost' ? LOST_PAUSE : (holdOff ?? LOST_PAUSE);
}

function delayPart(delay: number): RunPart {
  return { noteOf: (_, { outcome }) => (finishesSlot(outcome) ? { holdOff: delay } : {}) };
}

/**
 * A service is called again later and later while it fails. One that was told to stop, and has, leaves its place at once.
 */
function servicePart(job: Job, context: AttendanceContext): RunPart {
  const delays = restartDelays(job.schedule.service ?? { restartDelay: 0, maxRestartDelay: 0 });
  return {
    beside: (run) => watchForPause(run, job, context),
    noteOf: (run, report) =>
      run.wasTakenAway || report.outcome === 'lost' ? {} : { holdOff: delays.after(report) },
  };
}

/** The instance that runs the service looks whether it is paused: when the store tells of something, and once in a ttl. */
function watchForPause(run: ActiveRun, job: Job, context: AttendanceContext): () => void {
  const ended = new AbortController();
  void watchUntil(ended.signal, run, job, context); // It never rejects.
  return () => ended.abort(ENDED);
}

async function watchUntil(
  ended: AbortSignal,
  run: ActiveRun,
  job: Job,
  { clock, leases, activity }: AttendanceContext,
): Promise<void> {
  const { ttl } = job.policies.timing;
  const follower = leases.areTold ? activity.follow(job) : undefined;
  // What was told to stop may go on for long, and is not told again.
  using over = eitherSignal(run.signal, ended);
  for (let releases = follower?.releases ?? 0; ;) {
    if (follower) await follower.releasedSince(releases, ttl, over.signal);
    else await sleep(clock, ttl, over.signal, false);
    if (over.signal.aborted) return;
    releases = follower?.releases ?? 0;
    try {
      const record = await leases.read(run.lock, over.signal);
      if (record?.jobs[job.name]?.paused) return run.stop(new JobStoppedError(job.name, 'paused'));
    } catch {
      // The store is away, which others tell of, or the run has ended.
    }
  }
}

/** A reason that nobody sees, and that costs no stack. */
const ENDED = 'the run has ended';
/** Milliseconds. */
const LOST_PAUSE = 1_000;
