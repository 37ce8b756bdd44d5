import { describe, expect, it } from '@jest/globals';
import { checkHistory, type Entry, type HistoryRules, type ViolationKind } from '../../src/index.js';
import { blocked, fate, stopped, unblocked, WrittenRun } from './written-history.js';

const RULES: HistoryRules = { settleTime: 10 };

/** `a` is granted the lock first, `b` after it; `b2` is the next slot. */
const a = new WrittenRun('a', 1);
const b = new WrittenRun('b', 2);
const b2 = new WrittenRun('b', 2, { slot: 2_000 });

/** Two histories that differ in one thing: `bad` breaks the rule, `good` does not. */
interface Twins {
  readonly difference: string;
  readonly bad: readonly Entry[];
  readonly good: readonly Entry[];
  readonly rules?: HistoryRules;
}

const TWINS: Readonly<Record<ViolationKind, readonly Twins[]>> = {
  'stale-step': [
    {
      difference: 'whether the step of the first holder comes after or before the start of the second',
      bad: [a.started(0), fate(1, 'a', 'frozen'), b2.started(50), fate(60, 'a', 'thawed'), a.step(61)],
      good: [a.started(0), a.step(0.5), fate(1, 'a', 'frozen'), b2.started(50), fate(60, 'a', 'thawed')],
    },
    {
      difference: 'whether a blocked holder takes a step when its loop turns again, or is told',
      bad: [a.started(0), blocked(1, 'a'), b2.started(50), unblocked(60, 'a'), a.step(61)],
      good: [a.started(0), blocked(1, 'a'), b2.started(50), unblocked(60, 'a'), a.aborted(61)],
    },
  ],
  'step-after-loss': [
    {
      difference: 'whether the run was told before or after its step',
      bad: [a.started(0), a.aborted(1), a.step(2)],
      good: [a.started(0), a.step(1), a.aborted(2)],
    },
  ],
  'token-reused': [
    {
      difference: 'the token of the second grant',
      bad: [a.started(0), a.ended(1), new WrittenRun('b', 1, { slot: 2_000 }).started(2)],
      good: [a.started(0), a.ended(1), new WrittenRun('b', 2, { slot: 2_000 }).started(2)],
    },
  ],
  'token-went-back': [
    {
      difference: 'which of two tokens comes first',
      bad: [b.started(0), b.ended(1), new WrittenRun('a', 1, { slot: 2_000 }).started(2)],
      good: [a.started(0), a.ended(1), b2.started(2)],
    },
  ],
  'runs-overlap': [
    {
      difference: 'whether the first run has ended when the second starts',
      bad: [a.started(0), b2.started(5), a.ended(6, 'failed')],
      good: [a.started(0), a.ended(4, 'failed'), b2.started(5)],
    },
    {
      difference: 'whether the holder was blocked when it was overtaken',
      bad: [a.started(0), blocked(1, 'a'), unblocked(2, 'a'), b2.started(50), a.aborted(51)],
      good: [a.started(0), blocked(1, 'a'), unblocked(45, 'a'), b2.started(50), a.aborted(51)],
    },
    {
      difference: 'whether the process that still runs the job is the same one',
      bad: [a.started(0), a.aborted(1), new WrittenRun('a', 2, { slot: 2_000 }).started(5)],
      good: [a.started(0), a.aborted(1), b2.started(5)],
    },
  ],
  'slot-started-twice': [
    {
      difference: 'whether the first run has failed or was interrupted',
      bad: [a.started(0), a.ended(1, 'failed'), b.started(50)],
      good: [a.started(0), a.ended(1, 'interrupted'), b.started(50)],
    },
    {
      difference: 'whether an instance that is gone had died or had stopped in order after its failure',
      bad: [a.started(0), a.ended(1, 'failed'), stopped(2, 'a'), fate(3, 'a', 'exited'), b.started(50)],
      good: [a.started(0), a.ended(1, 'failed'), fate(3, 'a', 'exited'), b.started(50)],
    },
  ],
  'slot-repeated-after-success': [
    {
      difference: 'whether the second success is for the same slot',
      bad: [a.started(0), a.ended(1), b.started(50)],
      good: [a.started(0), a.ended(1), b2.started(50)],
    },
    {
      difference: 'whether the loop was blocked around the end, so that the release may have come too late',
      bad: [a.started(0), a.ended(1), blocked(20, 'a'), b.started(50), b.ended(51)],
      good: [a.started(0), a.ended(1), blocked(2, 'a'), b.started(50), b.ended(51)],
    },
  ],
  'succeeded-after-loss': [
    {
      difference: 'how the run ended that was told of its loss',
      bad: [a.started(0), a.aborted(1), a.ended(2)],
      good: [a.started(0), a.aborted(1), a.ended(2, 'lost')],
    },
  ],
  'gap-too-long': [
    {
      difference: 'whether the job started within its window',
      bad: [a.started(99), a.ended(100)],
      good: [a.started(101), a.ended(102)],
      rules: { gaps: [{ job: 'newsletter', maxGap: 49, from: 100, to: 150 }] },
    },
  ],
};

describe('of two histories that differ in one thing', () => {
  const cases = Object.entries(TWINS).flatMap(([kind, twins]) =>
    twins.map((one) => ({ kind: kind as ViolationKind, ...one })),
  );

  it.each(cases)('the bad one is $kind: $difference', ({ kind, bad, rules }) => {
    expect(kindsIn(bad, rules)).toEqual([kind]);
  });

  it.each(cases)('the good one is not $kind, nor anything else: $difference', ({ good, rules }) => {
    expect(kindsIn(good, rules)).toEqual([]);
  });
});

function kindsIn(history: readonly Entry[], rules = RULES): readonly ViolationKind[] {
  return [...new Set(checkHistory(history, rules).map(({ kind }) => kind))];
}
