import type { AcquireRequest, LeaseGrant, LeaseRefusal } from '@leased-jobs/core';
import { holderOf, timeLeft } from './stored-record.js';

/** What the script `ACQUIRE` is sent. */
export function acquireArguments({
  grantId,
  holder,
  ttl,
  job,
}: AcquireRequest): readonly (string | number)[] {
  if (!job) return [grantId, holder, ttl];
  const { name, slot, mark, tolerance } = job;
  return [grantId, holder, ttl, name, slot ?? '', mark === 'at-acquire' ? 1 : 0, tolerance];
}

/** What it has answered. A grant that no job has asked for is a bare token: the shortest answer for the commonest call. */
export function answerToAcquire(
  { lock, grantId, job }: AcquireRequest,
  leaseKey: string,
  answer: unknown,
): LeaseGrant | LeaseRefusal {
  if (typeof answer === 'string') return { lock, grantId, fencingToken: Number(answer), lastSlot: null };
  const [kind, first, second] = answer as readonly [Kind, string, string];
  switch (kind) {
    case 'granted':
      return { lock, grantId, fencingToken: Number(first), lastSlot: second === '' ? null : Number(second) };
    case 'held': {
      const expiresIn = timeLeft(second, leaseKey);
      return { refused: 'held', holder: holderOf(first, leaseKey), expiresIn, retryAfter: expiresIn };
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
