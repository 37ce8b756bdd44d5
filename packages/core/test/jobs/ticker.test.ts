import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@leased-jobs/testing';
import { Ticker } from '../../src/jobs/ticker.js';

function ticking() {
  const clock = new ManualClock(0);
  const told: [string, number][] = [];
  const anew: [number, string][] = [];
  const ticker = new Ticker<string>(
    clock,
    (item) => void told.push([item, clock.wall()]),
    () => {
      for (const [at, item] of anew) ticker.push(at, item);
    },
  );
  ticker.start();
  return { clock, told, ticker, anew };
}

describe('a ticker', () => {
  it('tells of each item at its time, with one timer for all', async () => {
    const { clock, told, ticker } = ticking();
    for (const at of [300, 100, 200]) ticker.push(at, `at ${at}`);
    expect(clock.pending).toHaveLength(1);
    await clock.advance(1_000);
    expect(told).toEqual([
      ['at 100', 100],
      ['at 200', 200],
      ['at 300', 300],
    ]);
    expect(clock.pending).toEqual([]);
  });

  it('waits for a moment that no single timer can reach', async () => {
    const { clock, told, ticker } = ticking();
    const at = 2 ** 31 + 5;
    ticker.push(at, 'in 25 days');
    await clock.advance(at - 1);
    expect(told).toEqual([]);
    await clock.advance(1);
    expect(told).toEqual([['in 25 days', at]]);
    // A look at the clock in each minute of 25 days: on a busy machine that is a while.
  }, 60_000);

  it('notices within a minute that the wall clock was set back, and has everything queued anew', async () => {
    const { clock, told, ticker, anew } = ticking();
    ticker.push(30_000, 'before');
    clock.stepWall(-3_600_000);
    anew.push([-3_600_000 + 70_000, 'anew']);
    await clock.advance(71_000);
    expect(told).toEqual([['anew', -3_600_000 + 70_000]]);
  });

  it('takes a clock that is a little slow for what it is', async () => {
    const { clock, told, ticker, anew } = ticking();
    ticker.push(30_000, 'before');
    anew.push([0, 'anew']);
    clock.stepWall(-900);
    await clock.advance(31_000);
    expect(told.map(([item]) => item)).toEqual(['before']);
  });

  it('notices within a minute that the wall clock was stepped ahead', async () => {
    const { clock, told, ticker } = ticking();
    ticker.push(3_600_000, 'in an hour');
    clock.stepWall(3_600_000);
    await clock.advance(60_000);
    expect(told).toHaveLength(1);
  });

  it('goes on when the wall clock was stepped back', async () => {
    const { clock, told, ticker } = ticking();
    clock.stepWall(1_000_000);
    ticker.push(1_030_000, 'in half a minute');
    clock.stepWall(-100_000);
    await clock.advance(130_000);
    expect(told).toEqual([['in half a minute', 1_030_000]]);
  });

  it('tells of many that are due at once in turns, without letting time pass', async () => {
    const { clock, told, ticker } = ticking();
    for (let number = 1; number <= 200; number++) ticker.push(100, `number ${number}`);
    const inFirstTurn = new Promise<number>((resolve) => {
      // Set after the ticker's own, and so called between its first turn and its second.
      clock.setTimer(100, () => resolve(told.length), true);
    });
    await clock.advance(100);
    expect(await inFirstTurn).toBe(64);
    expect(told).toHaveLength(200);
    expect(new Set(told.map(([, at]) => at))).toEqual(new Set([100]));
    expect(clock.pending).toEqual([]);
  });

  it('takes on what is pushed while it tells', async () => {
    const clock = new ManualClock(0);
    const told: number[] = [];
    const ticker: Ticker<number> = new Ticker(
      clock,
      (item) => {
        told.push(item);
        if (item < 3) ticker.push(clock.wall(), item + 1);
      },
      () => {},
    );
    ticker.start();
    ticker.push(10, 1);
    await clock.advance(20);
    expect(told).toEqual([1, 2, 3]);
  });

  it('is silent after it was stopped', async () => {
    const { clock, told, ticker } = ticking();
    ticker.push(100, 'never');
    ticker.stop();
    ticker.push(200, 'never');
    await clock.advance(1_000);
    expect(told).toEqual([]);
    expect(clock.pending).toEqual([]);
  });
});
