import { type LeasedJobsEvent, type RunReport, ShutdownError } from '@leased-jobs/core';
import { describe, expect, it } from '@jest/globals';
import { eventLine } from '../../src/logging/event-line.js';

const LEASE = { lock: 'newsletter', fencingToken: 42 };
const JOB = { job: 'Newsletter.send' };
const boom = new Error('boom');

function refused(refusal: Extract<LeasedJobsEvent, { type: 'refused' }>['refusal']): LeasedJobsEvent {
  return { type: 'refused', lock: 'newsletter', refusal };
}

function ended(outcome: RunReport['outcome'], error?: Error): LeasedJobsEvent {
  const report: RunReport = {
    instance: 'web-1',
    fencingToken: 42,
    slot: 0,
    startedAt: 0,
    duration: 1_500,
    outcome,
  };
  return { type: 'run-ended', ...JOB, report, ...(error && { error }) };
}

const LINES: readonly (readonly [LeasedJobsEvent, string])[] = [
  [{ type: 'acquired', ...LEASE }, 'log Lease acquired: newsletter (token 42)'],
  [{ type: 'renewed', ...LEASE }, 'log Lease renewed: newsletter (token 42)'],
  [{ type: 'released', ...LEASE }, 'log Lease released: newsletter (token 42)'],
  [
    refused({ refused: 'held', holder: 'web-2:1431:0af3', expiresIn: 12_300, retryAfter: 12_300 }),
    'log newsletter is held by web-2:1431 for another 12 s; will try again next time',
  ],
  [
    refused({ refused: 'held', holder: 'blue', expiresIn: 300.4, retryAfter: 300 }),
    'log newsletter is held by blue for another 300 ms; will try again next time',
  ],
  [
    refused({ refused: 'done', lastSlot: 5, retryAfter: 0 }),
    'log newsletter was done for this slot by another instance; will try again next time',
  ],
  [refused({ refused: 'not-due', retryAfter: 1_500 }), 'log newsletter is not due for another 1.5 s'],
  [refused({ refused: 'paused', retryAfter: 60_000 }), 'log newsletter is paused for the whole cluster'],
  [
    refused({ refused: 'ahead', by: 3_600_000, retryAfter: 1 }),
    "warn newsletter was asked for 3600 s too early by the store's clock. Set the clock of this host, or of the store",
  ],
  [{ type: 'lost', ...LEASE, reason: 'taken', error: new Error('Lost it.') }, 'warn Lost it. (token 42)'],
  [
    { type: 'store-failed', lock: 'newsletter', operation: 'renew', error: boom },
    'warn The store failed (renew newsletter): boom',
  ],
  [
    { type: 'store-failed', lock: '', operation: 'close', error: boom },
    'warn The store failed (close): boom',
  ],
  [
    { type: 'listener-failed', lock: 'newsletter', error: boom },
    'error A listener on the signal of the lease newsletter threw: boom',
  ],
  [{ type: 'subscriber-failed', error: boom }, 'error A listener on the events threw: boom'],
  [{ type: 'run-started', ...JOB, slot: null, fencingToken: 42 }, 'debug Run started: Newsletter.send'],
  [ended('succeeded'), 'debug Run succeeded: Newsletter.send, after 1.5 s'],
  [ended('failed', boom), 'error Newsletter.send failed after 1.5 s: boom'],
  [ended('timed-out'), 'error Newsletter.send ended beyond its maxRuntime, after 1.5 s'],
  [
    ended('interrupted', boom),
    'log Newsletter.send was interrupted after 1.5 s; another instance takes its slot',
  ],
  [ended('lost'), 'warn Newsletter.send lost its lease in the middle of a run, and ended after 1.5 s'],
  [
    { type: 'run-unresponsive', ...JOB, reason: new ShutdownError('Newsletter.send'), waited: 10_000 },
    `warn Newsletter.send was told to stop 10 s ago, goes on, and keeps its lease: ${new ShutdownError('Newsletter.send').message}`,
  ],
  [
    { type: 'skipped', ...JOB, slot: new Date(), reason: 'still-running' },
    'log Newsletter.send skips a slot: its last run has not ended',
  ],
  [
    { type: 'skipped', ...JOB, slot: new Date(), reason: 'unreachable' },
    'debug Newsletter.send skips a slot: the store could not be asked',
  ],
  [{ type: 'drained', unfinished: [], took: 12 }, 'log Drained in 12 ms'],
  [
    { type: 'drained', unfinished: ['a', 'b'], took: 10_000 },
    'warn Drained after 10 s, but these still run, and keep their leases until they expire: a, b',
  ],
];

describe('the line of an event', () => {
  it.each(LINES.map(([event, line]) => [line, event] as const))('is "%s"', (line, event) => {
    const { level, text } = eventLine(event) ?? { level: '', text: '' };
    expect(`${level} ${text}`).toBe(line);
  });

  it('has the stack of what a handler threw', () => {
    expect(eventLine(ended('failed', boom))?.stack).toBe(boom.stack);
  });

  it('is none where another line says it', () => {
    expect(eventLine({ type: 'skipped', ...JOB, slot: new Date(), reason: 'held' })).toBeNull();
  });
});
