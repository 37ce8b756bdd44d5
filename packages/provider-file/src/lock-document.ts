import { type LockState, StoreError } from '@leased-jobs/core';
import type { ProcessIdentity } from './process-prober.js';

/** One generation of a lock as it is written: the state, and what is needed to judge it from another process. */
export interface LockDocument {
  readonly format: typeof FORMAT;
  readonly lock: string;
  /** The clock of the writer, and its reading when this was written. All times in `state` are readings of it. */
  readonly clock: { readonly id: string; readonly now: number };
  /** Of the last grant or renewal, in milliseconds; kept after a release. */
  readonly ttl: number;
  /** The process that holds the lease, if there is one. */
  readonly process: ProcessIdentity | null;
  readonly state: LockState;
}

export const FORMAT = 1;

export function serializeDocument(document: LockDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/**
 * The document of `lock` in a text, or `null` if the text is no JSON: a file that a power failure left empty or
 * full of zeros.
 *
 * @throws StoreError `invalid` if it is something else: of another lock, of another version of this library.
 */
export function parseDocument(text: string, lock: string | null, path: string): LockDocument | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const problem = documentProblem(value, lock);
  if (problem === null) return value as LockDocument;
  throw new StoreError(
    `"${path}" is not what this provider has written: ${problem}. ` +
      'Give the leases a folder of their own, used by one version of this library.',
    { kind: 'invalid', applied: 'no' },
  );
}

function documentProblem(value: unknown, lock: string | null): string | null {
  if (!isObject(value)) return 'it holds no object';
  if (value.format !== FORMAT) return `its format is not ${FORMAT}`;
  if (typeof value.lock !== 'string' || (lock !== null && value.lock !== lock))
    return 'it is of another lock';
  const { clock, ttl, process, state } = value;
  if (!isObject(clock) || typeof clock.id !== 'string' || !isNumber(clock.now)) return 'its clock is missing';
  if (!isNumber(ttl)) return 'its ttl is missing';
  if (process !== null && !isProcess(process)) return 'its process is malformed';
  return stateProblem(state);
}

function stateProblem(state: unknown): string | null {
  if (!isObject(state) || !isNumber(state.fencingToken)) return 'its state is missing';
  const { lease, jobs } = state;
  if (
    lease !== null &&
    !(isObject(lease) && typeof lease.grantId === 'string' && isNumber(lease.expiresAt))
  ) {
    return 'its lease is malformed';
  }
  if (!isObject(jobs)) return 'its jobs are missing';
  const intact = Object.values(jobs).every((job) => isObject(job) && isNumber(job.heldOffUntil));
  return intact ? null : 'its jobs are malformed';
}

/** Half an identity could be taken for proof that the process has died. */
function isProcess(value: unknown): value is ProcessIdentity {
  if (!isObject(value) || !isNumber(value.pid)) return false;
  return [value.space, value.startTime].every((part) => part === null || typeof part === 'string');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}
