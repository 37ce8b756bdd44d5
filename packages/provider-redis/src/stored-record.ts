import { type JobRecord, type LockRecord, MAX_REPORTS, type RunReport } from '@leased-jobs/core';
import { type LockKeys, lockKeys } from './lock-keys.js';
import { FOREIGN } from './lock-scripts.js';
import { redisStoreError } from './redis-store-error.js';

/** The value of a lease's key. The grant id has no space in it. */
export function leaseValue(grantId: string, holder: string): string {
  return `${grantId} ${holder}`;
}

export function holderOf(lease: string, lock: string): string {
  const end = lease.indexOf(' ');
  return end > 0 ? lease.slice(end + 1) : failAsForeign(lockKeys(lock).lease);
}

/** What the script `READ` has answered, as a record; `null` if Redis knows nothing of the lock. */
export function lockRecordOf(lock: string, keys: LockKeys, answer: unknown): LockRecord | null {
  const [lease, left, token, fields, now] = answer as readonly [
    string | null,
    number | string,
    string | null,
    readonly string[],
    string,
  ];
  if (lease === null && token === null && fields.length === 0) return null;
  return {
    lock,
    fencingToken: numberOf(token ?? '0', keys.token),
    lease: lease === null ? null : { holder: holderOf(lease, lock), expiresIn: timeLeft(left, lock) },
    jobs: jobsOf(fields, Number(now), keys.record),
  };
}

/** Milliseconds, at least 1: the lease is live. A key without a ttl is none of ours. */
export function timeLeft(left: number | string, lock: string): number {
  const ms = Number(left);
  return ms >= 0 ? Math.max(1, ms) : failAsForeign(lockKeys(lock).lease);
}

function jobsOf(fields: readonly string[], now: number, key: string): Record<string, JobRecord> {
  const values = new Map<string, string>();
  const jobs = new Set<string>();
  for (let n = 0; n + 1 < fields.length; n += 2) {
    const field = fields[n] ?? '';
    values.set(field, fields[n + 1] ?? '');
    jobs.add(field.slice(field.indexOf(':') + 1));
  }
  const entries = [...jobs].map((job): [string, JobRecord] => {
    const slot = values.get(`slot:${job}`) ?? '';
    const heldOffUntil = numberOf(values.get(`holdoff:${job}`) ?? '0', key);
    return [
      job,
      {
        lastSlot: slot === '' ? null : numberOf(slot, key),
        holdOff: Math.max(0, heldOffUntil - now),
        paused: values.get(`paused:${job}`) === '1',
        recent: reportsOf(values, job, key),
      },
    ];
  });
  // Not by assignment: a job may be called `__proto__`.
  return Object.fromEntries(entries);
}

/** Newest first. */
function reportsOf(values: ReadonlyMap<string, string>, job: string, key: string): readonly RunReport[] {
  const runs = numberOf(values.get(`runs:${job}`) ?? '0', key);
  const reports: RunReport[] = [];
  for (let n = runs - 1; n >= 0 && n >= runs - MAX_REPORTS; n--) {
    const report = values.get(`run${n % MAX_REPORTS}:${job}`);
    if (report !== undefined) reports.push(reportOf(report, key));
  }
  return reports;
}

function reportOf(text: string, key: string): RunReport {
  try {
    return JSON.parse(text) as RunReport;
  } catch {
    return failAsForeign(key);
  }
}

function numberOf(text: string, key: string): number {
  const number = Number(text);
  return text !== '' && Number.isFinite(number) ? number : failAsForeign(key);
}

function failAsForeign(key: string): never {
  throw redisStoreError(
    new Error(`${FOREIGN} ${key} holds something that this library has not written`),
    true,
  );
}
