import type { AcquireRequest, LeaseGrant, LeaseRefusal } from '@leased-jobs/core';
import { lockKeys } from './lock-keys.js';
import { ACQUIRE, ACQUIRE_FOR_JOB } from './lock-scripts.js';
import type { ScriptCall } from './script-runner.js';
import { holderOf, leaseValue, timeLeft } from './stored-record.js';

/** The script that makes this attempt, and what it is sent. */
export function acquireCall({ lock, grantId, holder, ttl, job }: AcquireRequest): ScriptCall {
  const { lease, token, record } = lockKeys(lock);
  const value = leaseValue(grantId, holder);
  if (!job) return { script: ACQUIRE, keys: [lease, token], args: [value, ttl] };
  const { name, slot, mark, tolerance } = job;
  return {
    script: ACQUIRE_FOR_JOB,
    keys: [lease, token, record],
    args: [value, ttl, name, slot ?? '', mark === 'at-acquire' ? 1 : 0, tolerance],
  };
}

/** What it has answered. A grant that no job has asked for is a bare token: the shortest answer for the commonest call. */
export function answerToAcquire(
  { lock, grantId, job }: AcquireRequest,
  answer: unknown,
): LeaseGrant | LeaseRefusal {
  if (typeof answer === 'string') return { lock, grantId, fencingToken: Number(answer), lastSlot: null };
  const [kind, first, second] = answer as readonly [Kind, string, string];
  switch (kind) {
    case 'granted':
      return { lock, grantId, fencingToken: Number(first), lastSlot: second === '' ? null : Number(second) };
    case 'held': {
      const expiresIn = timeLeft(second, lock);
      return { refused: 'held', holder: holderOf(first, lock), expiresIn, retryAfter: expiresIn };
    }
    case 'paused':
      return { refused: 'paused', retryAfter: PAUSED_RETRY };
    case 'ahead': {
      const by = Number(first);
      return { refused: 'ahead', by, retryAfter: by - (job?.tolerance ?? 0) };
    }
    case 'done':
      return { refused: 'done', lastSlot: Number(first), retryAfter: 0 };
    case 'not-due':
      break;
  }
  return { refused: 'not-due', retryAfter: Number(first) };
}

type Kind = 'granted' | LeaseRefusal['refused'];

/** As often as core's own rules have a paused job asked for within a slot. Milliseconds. */
const PAUSED_RETRY = 60_000;
