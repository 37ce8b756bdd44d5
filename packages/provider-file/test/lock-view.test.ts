import { describe, expect, it } from '@jest/globals';
import type { LockState } from '@leased-jobs/core';
import type { Head } from '../src/generations.js';
import { FORMAT } from '../src/lock-document.js';
import { viewLock } from '../src/lock-view.js';
import { Observations } from '../src/observations.js';
import { ManualHostClock } from './support/manual-host-clock.js';

/** Written at 500 of its clock: 1,000 ms of lease and 2,000 ms of hold-off were left. */
const STATE: LockState = {
  fencingToken: 3,
  lease: { grantId: 'g', holder: 'h', fencingToken: 3, expiresAt: 1_500 },
  jobs: { job: { lastSlot: 7, heldOffUntil: 2_500, paused: true, recent: [] } },
};

describe('what a lock means to this process', () => {
  it('is what was written, if our clock has written it', () => {
    const clock = new ManualHostClock();
    const head = headOf(clock.id, clock.uptime());
    expect(viewLock('a', head, clock, new Observations()).state).toBe(STATE);
  });

  it('is counted from our first sight of it, if another clock has written it', () => {
    const clock = new ManualHostClock();
    const observations = new Observations();
    const first = clock.uptime();
    for (const wait of [0, 700]) {
      clock.advance(wait);
      const { state } = viewLock('a', headOf('another boot'), clock, observations);
      expect(state.lease?.expiresAt).toBe(first + 1_010);
      expect(state.jobs['job']).toMatchObject({ heldOffUntil: first + 2_020, lastSlot: 7, paused: true });
    }
  });

  it('is counted anew if the strange clock has written again', () => {
    const clock = new ManualHostClock();
    const observations = new Observations();
    viewLock('a', headOf('another boot', 400), clock, observations);
    clock.advance(700);
    const { state } = viewLock('a', headOf('another boot', 500), clock, observations);
    expect(state.lease?.expiresAt).toBe(clock.uptime() + 1_010);
  });

  it('is that of a stranger, if a clock that calls itself ours has written it in our future', () => {
    const clock = new ManualHostClock();
    const { state } = viewLock('a', headOf(clock.id, clock.uptime() + 5_000), clock, new Observations());
    expect(state.lease?.expiresAt).toBe(clock.uptime());
  });

  it('is held by nobody knows whom for the last known ttl, if the newest record is damaged', () => {
    const clock = new ManualHostClock();
    const head = { ...headOf(clock.id, clock.uptime()), generation: 9, broken: true };
    const view = viewLock('a', head, clock, new Observations());
    expect(view).toMatchObject({ doubtful: true, process: null });
    expect(view.state.fencingToken).toBe(9);
    expect(view.state.lease).toMatchObject({ grantId: '', expiresAt: clock.uptime() + 1_010 });
    expect(view.state.jobs).toBe(STATE.jobs);
  });

  it('is held by nobody knows whom for a minute, if not one record is intact', () => {
    const clock = new ManualHostClock();
    const head = { generation: 1, document: null, broken: true };
    const { state } = viewLock('a', head, clock, new Observations());
    expect(state.lease?.expiresAt).toBe(clock.uptime() + 60_600);
    expect(state.jobs).toEqual({});
  });
});

function headOf(clockId: string, writtenAt = 500): Head {
  const document = {
    format: FORMAT,
    lock: 'a',
    clock: { id: clockId, now: writtenAt },
    ttl: 1_000,
    process: null,
    state: STATE,
  } as const;
  return { generation: 3, document, broken: false };
}
