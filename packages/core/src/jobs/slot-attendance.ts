import { HeldLease } from '../lease/held-lease.js';
import type { JobNote } from '../lease/lease-provider.js';
import type { RunReport } from '../lease/lock-record.js';
import { jittered } from '../time/random.js';
import { finishesSlot } from './active-run.js';
import { ask, type AttendanceContext, type Refused, releasesOf, runUnder, waitAfter } from './attendance.js';
import type { Job } from './job-definition.js';
import type { SkipReason } from './job-event.js';

export interface Attended {
  readonly slot: number;
  /** When the next slot is due. */
  readonly until: number;
  /** Whether it was due before this instance has started. */
  readonly isMissed: boolean;
}

/**
 * Attends one slot on this instance: asks for it until it is granted and run, or somebody has run it, or the next
 * slot is due at `until`. So the slot of a holder that dies is taken over, and not lost.
 *
 * A job that makes up for all that it has missed runs the first slot that nobody has run instead, and then the next, up to
 * this one.
 */
export async function attendSlot(
  job: Job,
  { slot, until, isMissed }: Attended,
  context: AttendanceContext,
): Promise<void> {
  const { leases, activity, clock, random, emit, stopping } = context;
  const { name, policies } = job;
  const skip = (reason: SkipReason): void =>
    emit({ type: 'skipped', job: name, slot: new Date(slot), reason });
  // A clock that was set back has it due once more.
  if (slot <= (context.through.get(job) ?? -Infinity)) return skip('done');
  // A wall clock that is set back meanwhile makes no slot last longer.
  const end = clock.monotonic() + until - clock.wall();
  const timeLeft = (): number => Math.min(until - clock.wall(), end - clock.monotonic());
  let mayBeNew = isMissed && !policies.runOnStart;
  for (let failures = 0; !stopping.aborted && context.isKnown(job);) {
    const releases = releasesOf(job, context);
    const answer = await ask(job, slot, context, failures);
    if (answer instanceof HeldLease) {
      if (mayBeNew && answer.lastSlot === null) return leaveSlot(job, slot, answer, emit);
      // What has begun here is no new job, even if the store forgets it.
      mayBeNew = false;
      const due = dueSlot(job, slot, answer.lastSlot);
      const report = await runUnder(answer, { job, slot: due }, context, { noteOf: noteOf(due) });
      const isThrough = report === null || report.outcome !== 'lost';
      if (isThrough && policies.concurrency > 1) context.through.set(job, due);
      if (isThrough && due === slot) return;
      if (isThrough) continue;
    }
    if (stopping.aborted) return;
    // After a loss the slot is open to everybody, this instance included.
    const { reason, pause } = answer instanceof HeldLease ? LOST : answer;
    failures = reason === 'unreachable' ? failures + 1 : 0;
    const wait = jittered(pause, random);
    const left = timeLeft();
    // Who is told of the end of a lease may wait for it although it may outlive the slot.
    const isTold = (reason === 'held' && leases.areTold) || reason === 'still-running';
    if (!(wait < left) && !(isTold && left > 0)) return skip(reason);
    await waitAfter(reason, { job, releases, limit: Math.min(wait, left) }, context);
    // A slot is run once under each permit, and what is told of one says nothing of the others.
    if (policies.concurrency === 1 && activity.followed(job.lock)?.hasRun(name, slot)) return skip('done');
    if (timeLeft() <= 0) return skip(reason);
  }
}

/** Which slot is run under a lease that was granted for `slot`. */
function dueSlot(job: Job, slot: number, lastSlot: number | null): number {
  if (job.policies.missed !== 'all' || lastSlot === null) return slot;
  return Math.min(job.schedule.next(lastSlot, job.name), slot);
}

/** The job is new: what was due before counts as run. */
async function leaveSlot(
  { name }: Job,
  slot: number,
  lease: HeldLease,
  emit: AttendanceContext['emit'],
): Promise<void> {
  await lease.release({ job: { name, slot } });
  emit({ type: 'skipped', job: name, slot: new Date(slot), reason: 'never-run' });
}

/** What the store is told of a run that is through: its slot. */
function noteOf(slot: number) {
  return (_: unknown, { outcome }: RunReport): Pick<JobNote, 'slot'> =>
    finishesSlot(outcome) ? { slot } : {};
}

/** Milliseconds. */
const LOST: Refused = { reason: 'held', pause: 1_000 };
