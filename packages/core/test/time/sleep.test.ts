import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@leased-jobs/testing';
import { settledWithin, sleep } from '../../src/time/sleep.js';

describe('a wait', () => {
  it('leaves no listener on the signal of its caller', async () => {
    const clock = new ManualClock();
    const { signal } = new AbortController();
    const waiting = sleep(clock, 100, signal, true);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await clock.advance(100);
    await waiting;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('leaves no timer when its signal aborts', async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const waiting = sleep(clock, 100, controller.signal, true);
    controller.abort();
    await waiting;
    expect(clock.pending).toEqual([]);
  });

  it('is no wait at all if its signal has aborted', async () => {
    const clock = new ManualClock();
    await sleep(clock, 100, AbortSignal.abort(), true);
    expect(clock.pending).toEqual([]);
  });

  it('for work ends with the work, however that ends, and leaves no timer', async () => {
    const clock = new ManualClock();
    await settledWithin(clock, 100, Promise.resolve());
    await settledWithin(clock, 100, Promise.reject(new Error('no')));
    expect(clock.pending).toEqual([]);
  });

  it('for work ends at its limit', async () => {
    const clock = new ManualClock();
    let ended = false;
    void settledWithin(clock, 100, new Promise(() => {})).then(() => (ended = true));
    await clock.advance(99);
    expect(ended).toBe(false);
    await clock.advance(1);
    expect(ended).toBe(true);
  });
});
