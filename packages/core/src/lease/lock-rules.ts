import { type JobRecord, type LockRecord, MAX_REPORTS, type RunReport } from './lock-record.js';
import type {
  AcquireRequest,
  GrantProof,
  JobNote,
  LeaseGrant,
  LeaseRefusal,
  ReleaseNote,
  SlotClaim,
} from './lease-provider.js';

/**
 * The rules of one lock as pure functions: state and question in, new state and answer out.
 *
 * A store that can compare-and-set a document (memory, a file, a blob) needs nothing else. It keeps the state, and
 * supplies `now` from one clock that all who share the store agree on.
 */
export interface LockState {
  readonly fencingToken: number;
  readonly lease: LeaseState | null;
  readonly jobs: Readonly<Record<string, JobState>>;
}

export interface LeaseState {
  readonly grantId: string;
  readonly holder: string;
  readonly fencingToken: number;
  /** On the store's clock of durations. */
  readonly expiresAt: number;
}

export interface JobState {
  readonly lastSlot: number | null;
  /** On the store's clock of durations. */
  readonly heldOffUntil: number;
  readonly paused: boolean;
  readonly recent: readonly RunReport[];
}

export interface StoreTime {
  /** The clock that decides expiry and hold-off. Only differences count, so it need not know the date. */
  readonly duration: number;
  /** Epoch milliseconds, to tell slots that lie in the future. */
  readonly wall: number;
}

export const NEW_LOCK: LockState = { fencingToken: 0, lease: null, jobs: {} };

export type Acquired = { readonly state: LockState; readonly grant: LeaseGrant };

/** Answers one attempt. `nextToken` is used only if the answer is a new grant. */
export function acquireLock(
  state: LockState,
  request: AcquireRequest,
  now: StoreTime,
  nextToken = state.fencingToken + 1,
): Acquired | LeaseRefusal {
  const live = liveLease(state, now);
  const again = live !== null && live.grantId === request.grantId;
  if (live !== null && !again) {
    const expiresIn = live.expiresAt - now.duration;
    return { refused: 'held', holder: live.holder, expiresIn, retryAfter: expiresIn };
  }
  const job = request.job && jobOf(state, request.job.name);
  if (request.job && job && !again) {
    const refusal = guard(job, request.job, now);
    if (refusal) return refusal;
  }
  const fencingToken = again ? live.fencingToken : nextToken;
  const lease = {
    grantId: request.grantId,
    holder: request.holder,
    fencingToken,
    expiresAt: now.duration + request.ttl,
  };
  return {
    state: { fencingToken, lease, jobs: marked(state, request.job) },
    grant: { lock: request.lock, grantId: request.grantId, fencingToken, lastSlot: job?.lastSlot ?? null },
  };
}

/** The state with the grant's ttl begun anew, or `null` if the grant is not live. */
export function renewLock(
  state: LockState,
  proof: GrantProof,
  ttl: number,
  now: StoreTime,
): LockState | null {
  const live = liveLease(state, now);
  if (live?.grantId !== proof.grantId) return null;
  return { ...state, lease: { ...live, expiresAt: now.duration + ttl } };
}

/** The state without the grant and with the note, or `null` if the grant is not live. */
export function releaseLock(
  state: LockState,
  proof: GrantProof,
  note: ReleaseNote,
  now: StoreTime,
): LockState | null {
  if (liveLease(state, now)?.grantId !== proof.grantId) return null;
  return { ...state, lease: null, jobs: noted(state, note.job, now) };
}

export function pauseJob(state: LockState, job: string, paused: boolean): LockState {
  return { ...state, jobs: { ...state.jobs, [job]: { ...jobOf(state, job), paused } } };
}

export function lockRecord(lock: string, state: LockState, now: StoreTime): LockRecord {
  const live = liveLease(state, now);
  const jobs = Object.entries(state.jobs).map(([name, { heldOffUntil, ...job }]): [string, JobRecord] => [
    name,
    { ...job, holdOff: Math.max(0, heldOffUntil - now.duration) },
  ]);
  return {
    lock,
    fencingToken: state.fencingToken,
    lease: live && { holder: live.holder, expiresIn: live.expiresAt - now.duration },
    jobs: Object.fromEntries(jobs),
  };
}

function liveLease(state: LockState, now: StoreTime): LeaseState | null {
  return state.lease !== null && now.duration < state.lease.expiresAt ? state.lease : null;
}

function guard(job: JobState, claim: SlotClaim, now: StoreTime): LeaseRefusal | null {
  if (job.paused) return { refused: 'paused', retryAfter: PAUSED_RETRY };
  if (claim.slot !== undefined) {
    const by = claim.slot - now.wall;
    if (by > claim.tolerance) return { refused: 'ahead', by, retryAfter: by - claim.tolerance };
    if (job.lastSlot !== null && claim.slot <= job.lastSlot) {
      return { refused: 'done', lastSlot: job.lastSlot, retryAfter: 0 };
    }
  }
  const holdOff = job.heldOffUntil - now.duration;
  return holdOff > 0 ? { refused: 'not-due', retryAfter: holdOff } : null;
}

function marked(state: LockState, claim: SlotClaim | undefined): LockState['jobs'] {
  if (claim?.slot === undefined || claim.mark === 'at-release') return state.jobs;
  const job = jobOf(state, claim.name);
  return { ...state.jobs, [claim.name]: { ...job, lastSlot: laterSlot(job.lastSlot, claim.slot) } };
}

function noted(state: LockState, note: JobNote | undefined, now: StoreTime): LockState['jobs'] {
  if (!note) return state.jobs;
  const job = jobOf(state, note.name);
  return {
    ...state.jobs,
    [note.name]: {
      ...job,
      lastSlot: note.slot === undefined ? job.lastSlot : laterSlot(job.lastSlot, note.slot),
      heldOffUntil: note.holdOff === undefined ? job.heldOffUntil : now.duration + note.holdOff,
      recent: note.report ? [note.report, ...job.recent].slice(0, MAX_REPORTS) : job.recent,
    },
  };
}

function laterSlot(last: number | null, slot: number): number {
  return last === null ? slot : Math.max(last, slot);
}

/** `Object.hasOwn`: a job may be called `constructor`. */
function jobOf(state: LockState, name: string): JobState {
  return (Object.hasOwn(state.jobs, name) ? state.jobs[name] : undefined) ?? NEW_JOB;
}

const NEW_JOB: JobState = { lastSlot: null, heldOffUntil: 0, paused: false, recent: [] };

/** A paused job is asked for again with its next slot; within a slot, this often. Milliseconds. */
const PAUSED_RETRY = 60_000;
