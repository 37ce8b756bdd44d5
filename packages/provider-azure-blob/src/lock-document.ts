import { type JobState, type LeaseState, StoreError } from '@leased-jobs/core';

/** The body of a lock's blob. All moments are epoch milliseconds of the store's clock. */
export interface LockDocument {
  readonly format: typeof FORMAT;
  readonly lock: string;
  readonly fencingToken: number;
  /** The grant, from its first second on. Renewals are not written here: whether it is live, the blob's lease tells. */
  readonly lease: DocumentedLease | null;
  /** The grant that was given back last, if nobody has been granted the lock since. */
  readonly released: ReleasedLease | null;
  readonly jobs: Readonly<Record<string, JobState>>;
}

export interface DocumentedLease extends LeaseState {
  /** Of the lease on the blob. */
  readonly leaseId: string;
  /** Milliseconds. */
  readonly ttl: number;
}

/** The lease on the blob may stand until then. It means nothing any more, and whoever is next may use it. */
export interface ReleasedLease {
  readonly grantId: string;
  readonly leaseId: string;
  readonly ttl: number;
  readonly until: number;
}

export const FORMAT = 1;

export function newDocument(lock: string): LockDocument {
  return { format: FORMAT, lock, fencingToken: 0, lease: null, released: null, jobs: {} };
}

export function serializeDocument(document: LockDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** @throws StoreError `invalid` if the text is not the document of this lock. */
export function parseDocument(text: string, lock: string, where: string): LockDocument {
  const value = parsed(text);
  const problem = documentProblem(value, lock);
  if (problem !== null) throw foreignContent(where, problem);
  return value as LockDocument;
}

export function foreignContent(where: string, problem: string): StoreError {
  return new StoreError(
    `The blob ${where} is not what this provider has written: ${problem}. It is left as it is. ` +
      'Give the leases a container of their own, used by one version of this library, or move that blob away.',
    { kind: 'invalid', applied: 'no' },
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function documentProblem(value: unknown, lock: string): string | null {
  if (value === undefined) return 'it holds no JSON';
  if (!isObject(value)) return 'it holds no object';
  if (value['format'] !== FORMAT) return `its format is not ${FORMAT}`;
  if (value['lock'] !== lock) return 'it is of another lock';
  if (!isToken(value['fencingToken'])) return 'its fencing token is missing';
  const { lease, released, jobs } = value;
  if (lease !== null && !isLease(lease)) return 'its lease is malformed';
  if (released !== null && !isReleased(released)) return 'its last release is malformed';
  if (!isObject(jobs)) return 'its jobs are missing';
  return Object.values(jobs).every(isJob) ? null : 'its jobs are malformed';
}

function isLease(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { grantId, leaseId, holder, fencingToken, expiresAt, ttl } = value;
  return (
    typeof grantId === 'string' &&
    typeof leaseId === 'string' &&
    typeof holder === 'string' &&
    isToken(fencingToken) &&
    Number.isFinite(expiresAt) &&
    Number.isFinite(ttl)
  );
}

function isReleased(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { grantId, leaseId, ttl, until } = value;
  return (
    typeof grantId === 'string' &&
    typeof leaseId === 'string' &&
    Number.isFinite(ttl) &&
    Number.isFinite(until)
  );
}

function isJob(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { lastSlot, heldOffUntil, paused, recent } = value;
  return (
    (lastSlot === null || Number.isFinite(lastSlot)) &&
    Number.isFinite(heldOffUntil) &&
    typeof paused === 'boolean' &&
    Array.isArray(recent)
  );
}

function isToken(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
