import { describe, expect, it } from '@jest/globals';
import { checkHistory, type Entry, type Forgetting, type ViolationKind } from '../../src/index.js';
import { WrittenRun } from './written-history.js';

const LEASE: Forgetting = { from: 100, to: 102, what: 'lease', notice: 50 };
const EVERYTHING: Forgetting = { ...LEASE, what: 'everything' };

const a = new WrittenRun('a', 1);
const b = new WrittenRun('b', 2);
const b2 = new WrittenRun('b', 2, { slot: 2_000 });

/** The holder goes on beside its successor, until it is told. */
const overtakenAt = (at: number): readonly Entry[] => [
  a.started(90),
  b2.started(at),
  a.step(at + 1),
  a.aborted(at + 2),
  a.ended(at + 3, 'lost'),
];

const repeatedAt = (ended: number, again: number): readonly Entry[] => [
  a.started(20),
  a.ended(ended),
  b.started(again),
];

describe('a store that forgets', () => {
  it.each<[string, readonly ViolationKind[], Forgetting, readonly Entry[]]>([
    ['a holder that is overtaken before it can have heard of it', [], LEASE, overtakenAt(110)],
    ['a holder that is overtaken before it', ['stale-step', 'runs-overlap'], LEASE, overtakenAt(95)],
    [
      'a holder that still has not heard of it after its ttl',
      ['stale-step', 'runs-overlap'],
      LEASE,
      overtakenAt(153),
    ],
    [
      'a holder that was granted the lock only after it',
      ['stale-step', 'runs-overlap'],
      LEASE,
      [a.started(120), b2.started(125), a.step(126), a.aborted(127), a.ended(128, 'lost')],
    ],
    [
      'a run that was granted before it, and started to write a moment after it',
      [],
      LEASE,
      [a.started(105), b2.started(107), a.step(108), a.aborted(109), a.ended(110, 'lost')],
    ],
    [
      'two runs of one job in one process',
      ['runs-overlap'],
      LEASE,
      [a.started(90), new WrittenRun('a', 2, { slot: 2_000 }).started(110)],
    ],
    [
      'the success of a run that was overtaken unawares',
      [],
      LEASE,
      [a.started(90), b2.started(110), a.ended(111)],
    ],
    [
      'the success of a run whose successor loses its own lease later',
      [],
      LEASE,
      [a.started(90), b2.started(110), a.ended(111), b2.aborted(150), b2.ended(151, 'lost')],
    ],
    [
      'the success of a run that was told',
      ['succeeded-after-loss'],
      LEASE,
      [a.started(90), a.aborted(109), b2.started(110), a.ended(111)],
    ],
    [
      'a step of a run that was told',
      ['step-after-loss'],
      LEASE,
      [a.started(90), a.aborted(105), a.step(106), a.ended(107, 'lost')],
    ],
    [
      'a token that goes back',
      ['token-went-back'],
      EVERYTHING,
      [b2.started(90), b2.ended(91), new WrittenRun('c', 1).started(110)],
    ],
    [
      'a token that comes again',
      ['token-reused'],
      EVERYTHING,
      [b2.started(90), b2.ended(91), new WrittenRun('c', 2).started(110)],
    ],
    ['a slot that is run again because it has forgotten all slots', [], EVERYTHING, repeatedAt(21, 110)],
    [
      'a slot that is run again though it has only forgotten a lease',
      ['slot-repeated-after-success'],
      LEASE,
      repeatedAt(21, 110),
    ],
    ['a slot whose end was to be written under the forgotten lease', [], LEASE, repeatedAt(105, 110)],
    ['a slot that was run again before it', ['slot-repeated-after-success'], EVERYTHING, repeatedAt(21, 95)],
    [
      'a slot that was first run well after it',
      ['slot-repeated-after-success'],
      EVERYTHING,
      [a.started(120), a.ended(121), b.started(130)],
    ],
  ])('is judged rightly: %s', (_title, kinds, forgetting, history) => {
    const found = checkHistory(history, { settleTime: 10, forgettings: [forgetting] });
    expect(found.map(({ kind }) => kind)).toEqual(kinds);
  });

  it('excuses nothing in a history without it', () => {
    expect(checkHistory(overtakenAt(110), { settleTime: 10 })).not.toEqual([]);
  });
});
