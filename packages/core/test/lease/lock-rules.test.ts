import { describe, expect, it } from '@jest/globals';
import {
  acquireLock,
  type Acquired,
  lockRecord,
  type LockState,
  NEW_LOCK,
  pauseJob,
  releaseLock,
  renewLock,
} from '../../src/lease/lock-rules.js';
import { MAX_REPORTS, type RunReport } from '../../src/lease/lock-record.js';
import type { AcquireRequest, LeaseRefusal, SlotClaim } from '../../src/lease/lease-provider.js';

const AT = (duration: number, wall = 1_000_000) => ({ duration, wall });
const REQUEST: AcquireRequest = { lock: 'newsletter', grantId: 'a', holder: 'web-1', ttl: 1_000 };
const CLAIM: SlotClaim = { name: 'send', slot: 500_000, mark: 'at-release', tolerance: 5_000 };

function granted(answer: Acquired | LeaseRefusal): Acquired {
  if ('refused' in answer) throw new Error(`refused: ${answer.refused}`);
  return answer;
}

function released(
  state: LockState,
  note: Parameters<typeof releaseLock>[2],
  grantId = 'a',
  at = 0,
): LockState {
  const next = releaseLock(state, { lock: 'newsletter', grantId }, note, AT(at));
  if (!next) throw new Error('not live');
  return next;
}

describe('the rules of one lock', () => {
  const held = granted(acquireLock(NEW_LOCK, REQUEST, AT(0))).state;

  it('refuse a held lock, and say by whom and for how long', () => {
    expect(acquireLock(held, { ...REQUEST, grantId: 'b', holder: 'web-2' }, AT(400))).toEqual({
      refused: 'held',
      holder: 'web-1',
      expiresIn: 600,
      retryAfter: 600,
    });
  });

  it.each([
    [999, true],
    [1_000, false],
  ])('hold a lease of 1,000 ms at %d ms: %s', (moment, live) => {
    const rival = acquireLock(held, { ...REQUEST, grantId: 'b' }, AT(moment));
    expect('refused' in rival).toBe(live);
    expect(renewLock(held, REQUEST, 1_000, AT(moment)) !== null).toBe(live);
    expect(releaseLock(held, REQUEST, {}, AT(moment)) !== null).toBe(live);
    expect(lockRecord('newsletter', held, AT(moment)).lease !== null).toBe(live);
  });

  it('take the token that the store proposes for a new grant, and for no repeated one', () => {
    const first = granted(acquireLock(NEW_LOCK, REQUEST, AT(0), 77));
    expect(first.grant.fencingToken).toBe(77);
    expect(granted(acquireLock(first.state, REQUEST, AT(1), 99)).grant.fencingToken).toBe(77);
  });

  it('ask nothing of the slot of an attempt that is repeated', () => {
    const asking = { ...REQUEST, job: { ...CLAIM, mark: 'at-acquire' as const } };
    const { state } = granted(acquireLock(NEW_LOCK, asking, AT(0)));
    const paused = pauseJob(state, 'send', true);
    expect(granted(acquireLock(paused, asking, AT(900))).state.lease?.expiresAt).toBe(1_900);
  });

  it.each([
    [-1, 'done'],
    [0, 'done'],
    [1, 'granted'],
  ])('with slot n run, take slot n %d as %s', (step, answer) => {
    const state = released(held, { job: { name: 'send', slot: 500_000 } });
    const next = acquireLock(state, { ...REQUEST, job: { ...CLAIM, slot: 500_000 + step } }, AT(0));
    expect('refused' in next ? next.refused : 'granted').toBe(answer);
  });

  it.each([
    [5_000, null],
    [5_001, { refused: 'ahead', by: 5_001, retryAfter: 1 }],
  ])('let a slot lie %d ms ahead, with a tolerance of 5,000: %j', (ahead, refusal) => {
    const answer = acquireLock(NEW_LOCK, { ...REQUEST, job: { ...CLAIM, slot: 1_000_000 + ahead } }, AT(0));
    expect('refused' in answer ? answer : null).toEqual(refusal);
  });

  it.each([
    [299, { refused: 'not-due', retryAfter: 1 }],
    [300, null],
  ])('end a hold-off of 300 ms at %d ms: %j', (moment, refusal) => {
    const state = released(held, { job: { name: 'send', holdOff: 300 } });
    const answer = acquireLock(state, { ...REQUEST, job: CLAIM }, AT(moment));
    expect('refused' in answer ? answer : null).toEqual(refusal);
  });

  it('take back no later slot for an earlier one, once noted', () => {
    const five = released(held, { job: { name: 'send', slot: 500_000 } });
    const again = granted(acquireLock(five, REQUEST, AT(0))).state;
    expect(released(again, { job: { name: 'send', slot: 300_000 } }).jobs['send']?.lastSlot).toBe(500_000);
  });

  it('keep everything of a job that a note leaves out', () => {
    const note = { name: 'send', slot: 500_000, holdOff: 300 };
    const once = pauseJob(released(held, { job: note }), 'send', true);
    const again = granted(acquireLock(once, REQUEST, AT(0))).state;
    expect(released(again, { job: { name: 'send' } }).jobs).toEqual(once.jobs);
  });

  it('keep the newest reports, as many as fit', () => {
    let state = NEW_LOCK;
    for (let n = 0; n < MAX_REPORTS + 5; n++) {
      state = granted(acquireLock(state, REQUEST, AT(0))).state;
      state = released(state, { job: { name: 'send', report: reportOf(n) } });
    }
    const kept = state.jobs['send']?.recent.map(({ duration }) => duration);
    expect(kept).toEqual(Array.from({ length: MAX_REPORTS }, (_, n) => MAX_REPORTS + 4 - n));
  });

  it.each(['__proto__', 'constructor', 'toString'])(
    'know a job called %s from what every object has',
    (name) => {
      const asking = { ...REQUEST, job: { ...CLAIM, name } };
      const first = granted(acquireLock(NEW_LOCK, asking, AT(0)));
      expect(first.grant.lastSlot).toBeNull();
      const state = released(first.state, { job: { name, slot: 500_000 } });
      expect(acquireLock(state, asking, AT(0))).toMatchObject({ refused: 'done' });
      expect(Object.keys(lockRecord('newsletter', state, AT(0)).jobs)).toEqual([name]);
      // A store that keeps documents sends them through JSON.
      const stored = JSON.parse(JSON.stringify(state)) as LockState;
      expect(acquireLock(stored, asking, AT(0))).toMatchObject({ refused: 'done' });
    },
  );

  it('show a record in durations, whatever the clock of the store says', () => {
    const state = released(held, { job: { name: 'send', slot: 500_000, holdOff: 300 } }, 'a', 100);
    expect(lockRecord('newsletter', state, AT(150))).toEqual({
      lock: 'newsletter',
      fencingToken: 1,
      lease: null,
      jobs: { send: { lastSlot: 500_000, holdOff: 250, paused: false, recent: [] } },
    });
    expect(lockRecord('newsletter', state, AT(9_000)).jobs['send']?.holdOff).toBe(0);
  });
});

function reportOf(duration: number): RunReport {
  return { instance: 'web-1', fencingToken: 1, slot: null, startedAt: 0, duration, outcome: 'succeeded' };
}
