import type { AcquireRequest, LeaseGrant, LeaseRefusal } from '@leased-jobs/core';
import { lockKeys } from './lock-keys.js';
import { ACQUIRE, ACQUIRE_FOR_JOB } from './lock-scripts.js';
import type { ScriptCall } from './script-batches.js';
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

/** What it has answered. The commonest answers are the shortest: a bare token, or the time that a lease has left, and the lease. */
export function answerToAcquire(request: AcquireRequest, answer: unknown): LeaseGrant | LeaseRefusal {
  const { lock, grantId, job } = request;
  if (typeof answer === 'string') {
    const end = answer.indexOf(' ');
    if (end < 0) return { lock, grantId, fencingToken: Number(answer), lastSlot: null };
    const expiresIn = timeLeft(answer.slice(0, end), lock);
    return {
      refused: 'held',
      holder: holderOf(answer.slice(end + 1), lock),
      expiresIn,
      retryAfter: expiresIn,
    };
  }
  const [kind, first, second] = answer as readonly [Kind, string, string];
  switch (kind) {
    case 'granted':
      return { lock, grantId, fencingToken: Number(first), lastSlot: second === '' ? null : Number(second) };
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

type Kind = 'granted' | Exclude<LeaseRefusal['refused'], 'held'>;

/** As often as core's own rules have a paused job asked for within a slot. Milliseconds. */
const PAUSED_RETRY = 60_000;
