import { ConfigurationError, LeasesClosedError, show } from '../errors.js';
import { eitherSignal } from '../lease/either-signal.js';
import { HeldLease } from '../lease/held-lease.js';
import type { LeaseRefusal } from '../lease/lease-provider.js';
import type { WaitOptions } from '../lease/leases.js';
import { MAX_DELAY } from '../time/clock.js';
import { Stopwatch } from '../time/stopwatch.js';
import { heldBy } from './activity.js';
import type { AttendanceContext } from './attendance.js';

export interface SectionOptions extends Partial<WaitOptions> {
  /** What it is called in reports of a shutdown: `run.job`. Default: the lock's name. */
  readonly name?: string;
}

/** What came of a request. Who waits for the same lock on this instance comes after `endTurn` was called. */
export interface Requested {
  readonly answer: HeldLease | LeaseRefusal;
  readonly endTurn: () => void;
}

/**
 * Asks for a lock, and waits for it. Who waits does so behind those of this instance that came before; who does not asks the
 * store at once.
 */
export async function requestInTurn(
  lock: string,
  { wait = 0, ttl, signal }: SectionOptions,
  context: AttendanceContext,
): Promise<Requested> {
  if (typeof wait !== 'number' || Number.isNaN(wait) || wait < 0) {
    throw new ConfigurationError(
      `Cannot wait ${show(wait)} ms for the lock "${lock}". Choose a number of milliseconds from 0 on.`,
    );
  }
  const { activity, clock, stopping, instance } = context;
  using either = eitherSignal(signal, stopping);
  const waited = new Stopwatch(clock);
  const patience = { until: either.signal, ttl, left: () => Math.max(0, wait - waited.elapsed()) };
  let endTurn: (() => void) | null = nothing;
  if (wait > 0) {
    const limit = Math.min(wait, MAX_DELAY);
    endTurn = await activity.turns.take(lock, { clock, limit, signal: either.signal });
  }
  try {
    throwIfOver(patience, context);
    const answer = endTurn ? await request(lock, patience, context) : heldBy(instance);
    return { answer, endTurn: endTurn ?? nothing };
  } catch (thrown) {
    endTurn?.();
    throw thrown;
  }
}

interface Patience {
  readonly until: AbortSignal;
  readonly ttl: number | undefined;
  /** How many milliseconds are left to wait. */
  readonly left: () => number;
}

async function request(
  lock: string,
  { until, ttl, left }: Patience,
  context: AttendanceContext,
): Promise<HeldLease | LeaseRefusal> {
  const { leases, activity, clock, instance } = context;
  for (;;) {
    // What this instance is at needs no question to the store. A run that has lost its lease is at it, too.
    while (activity.holds(lock)) {
      if (left() === 0) return heldBy(instance);
      await activity.nextEnd(clock, Math.min(left(), MAX_DELAY), until);
      throwIfOver({ until }, context);
    }
    try {
      const options = { wait: left(), signal: until, ...(ttl !== undefined && { ttl }) };
      const answer = await leases.request(lock, options);
      if (!(answer instanceof HeldLease) || !activity.holds(lock)) return answer;
      await answer.release();
    } catch (thrown) {
      throwIfOver({ until }, context);
      throw thrown;
    }
  }
}

function throwIfOver({ until }: Pick<Patience, 'until'>, { stopping }: AttendanceContext): void {
  if (stopping.aborted) throw new LeasesClosedError();
  until.throwIfAborted();
}

function nothing(): void {}
