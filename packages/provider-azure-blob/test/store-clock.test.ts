import { describe, expect, it } from '@jest/globals';
import type { Clock } from '@leased-jobs/core';
import { StoreClock } from '../src/store-clock.js';

/** A local clock that stands until it is set, and a store whose clock is ahead of it. */
function setUp(ahead: number) {
  const local = { now: 5_000 };
  const clock: Clock = {
    wall: () => 42,
    monotonic: () => local.now,
    setTimer: () => ({ cancel() {} }),
  };
  const store = new StoreClock(clock);
  /** A question that takes so long there, and so long back. */
  const ask = (there: number, back: number): void => {
    const sentAt = store.local();
    local.now += there;
    const date = new Date(Math.floor((local.now + ahead) / 1_000) * 1_000);
    local.now += back;
    store.learn(date, sentAt);
  };
  const error = (): number => store.now() - (local.now + ahead);
  return { store, local, ask, error };
}

describe('the clock of the store', () => {
  it('is that of this machine before the first answer, and after one without a date', () => {
    const { store } = setUp(0);
    expect(store.now()).toBe(42);
    store.learn(undefined, 0);
    store.learn(new Date('nonsense'), 0);
    expect(store.now()).toBe(42);
  });

  it.each([1_700_000_000_000, 1_700_000_000_999, -3_456])(
    'is known to half a second and half the way after one answer (ahead by %d)',
    (ahead) => {
      const { ask, error } = setUp(ahead);
      ask(30, 30);
      expect(Math.abs(error())).toBeLessThanOrEqual(530);
    },
  );

  it('is known better with each answer', () => {
    const { local, ask, error } = setUp(1_700_000_000_123);
    for (let n = 0; n < 50; n++) {
      local.now += 137;
      ask(5, 5);
    }
    expect(Math.abs(error())).toBeLessThan(40);
  });

  it('goes on with the local clock between answers', () => {
    const { store, local, ask } = setUp(1_700_000_000_000);
    ask(1, 1);
    const before = store.now();
    local.now += 60_000;
    expect(store.now()).toBe(before + 60_000);
  });

  it('begins anew when an answer contradicts what was known', () => {
    const { local, ask, error, store } = setUp(1_700_000_000_000);
    for (let n = 0; n < 20; n++) {
      local.now += 137;
      ask(5, 5);
    }
    store.learn(new Date(1_700_000_000_000 + local.now - 3_600_000), store.local());
    expect(error()).toBeLessThan(-3_599_000);
    ask(5, 5);
    expect(Math.abs(error())).toBeLessThanOrEqual(510);
  });
});
