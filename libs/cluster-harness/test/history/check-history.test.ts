import { describe, expect, it } from '@jest/globals';
import {
  checkHistory,
  type Entry,
  formatViolations,
  type HistoryRules,
  type ViolationKind,
} from '../../src/index.js';
import { fate, stopped, WrittenRun } from './written-history.js';

const RULES: HistoryRules = { settleTime: 10 };

function kindsIn(history: readonly Entry[], rules: HistoryRules = RULES): ViolationKind[] {
  return checkHistory(history, rules).map(({ kind }) => kind);
}

/** `a` is granted the lock first, `b` after it; `b2` is the next slot. */
const a = new WrittenRun('a', 1);
const again = new WrittenRun('a', 1, { attempt: 2 });
const b = new WrittenRun('b', 2);
const b2 = new WrittenRun('b', 2, { slot: 2_000 });

describe('a good history', () => {
  it.each<[string, readonly Entry[]]>([
    ['is empty', []],
    [
      'has one run per slot, one after the other',
      [a.started(0), a.step(1), a.ended(2), b2.started(3), b2.step(4), b2.ended(5)],
    ],
    [
      'has runs of two locks at the same time',
      [a.started(0), new WrittenRun('b', 1, { job: 'x', lock: 'x' }).started(1), a.step(2), a.ended(3)],
    ],
    [
      'takes the slot of a killed holder over',
      [
        a.started(0),
        a.step(1),
        fate(20, 'a', 'killed'),
        b.started(20.5),
        fate(21, 'a', 'exited'),
        b.step(22),
        b.ended(23),
      ],
    ],
    [
      'takes the slot of a crashed holder over before the cluster has heard of the crash',
      [a.started(0), a.step(1), b.started(20), fate(25, 'a', 'exited'), b.ended(30)],
    ],
    [
      'takes the slot of an interrupted run over',
      [
        a.started(0),
        a.aborted(1, 'shutdown'),
        a.step(1.5),
        a.ended(2, 'interrupted'),
        b.started(3),
        b.ended(4),
      ],
    ],
    [
      'lets the handler of a lost run go on, without steps',
      [a.started(0), a.aborted(20), b.started(30), b.step(31), a.ended(40, 'lost'), b.ended(50)],
    ],
    [
      'freezes a holder, which is overtaken and learns of its loss when it is thawed',
      [
        a.started(0),
        fate(10, 'a', 'frozen'),
        b.started(50),
        b.step(51),
        b.ended(52),
        fate(60, 'a', 'thawed'),
        a.aborted(61),
        a.ended(62, 'lost'),
      ],
    ],
    [
      'starts a run late that was frozen between its grant and its start',
      [
        fate(10, 'a', 'frozen'),
        b.started(50),
        b.ended(52),
        fate(60, 'a', 'thawed'),
        a.started(61),
        a.aborted(62),
        a.ended(63, 'lost'),
      ],
    ],
    [
      'repeats a slot whose success was never released, because its instance was killed',
      [a.started(0), a.ended(10), fate(11, 'a', 'killed'), b.started(50), b.ended(51)],
    ],
    [
      'repeats a slot whose success was never released, because its instance was frozen',
      [
        a.started(0),
        a.ended(10),
        fate(11, 'a', 'frozen'),
        b.started(50),
        b.ended(51),
        fate(90, 'a', 'thawed'),
      ],
    ],
    [
      'tries a failed run again under the same grant',
      [a.started(0), a.ended(1, 'failed'), again.started(2), again.ended(3)],
    ],
    [
      'takes the slot over of a run that found its loss by itself',
      [a.started(0), a.ended(1, 'lost'), b.started(2), b.ended(3)],
    ],
    [
      'starts a run late that was frozen after its grant, while its successor is still running',
      [
        fate(10, 'a', 'frozen'),
        b.started(50),
        fate(60, 'a', 'thawed'),
        a.started(61),
        a.aborted(62),
        a.ended(63, 'lost'),
        b.ended(70),
      ],
    ],
    [
      'writes a success late, because of a freeze between the end and the entry',
      [
        a.started(0),
        fate(9, 'a', 'frozen'),
        b2.started(50),
        b2.ended(51),
        fate(60, 'a', 'thawed'),
        a.ended(61),
      ],
    ],
    [
      'runs another job of the lock in a process whose lost run goes on',
      [a.started(0), a.aborted(1), new WrittenRun('a', 2, { job: 'other' }).started(10), a.ended(20, 'lost')],
    ],
    [
      'has two runs outside the schedule',
      [
        new WrittenRun('a', 1, { slot: null }).started(0),
        new WrittenRun('a', 1, { slot: null }).ended(1),
        new WrittenRun('b', 2, { slot: null }).started(2),
      ],
    ],
    [
      'keeps one grant for two slots',
      [a.started(0), a.ended(1), new WrittenRun('a', 1, { slot: 2_000 }).started(2)],
    ],
  ])('%s', (_title, history) => {
    expect(formatViolations(checkHistory(history, RULES))).toBe('');
  });
});

describe('a bad history', () => {
  it.each<[string, readonly ViolationKind[], readonly Entry[]]>([
    [
      'a holder goes on after its successor has started, though it was frozen in between',
      ['stale-step'],
      [
        a.started(0),
        fate(1, 'a', 'frozen'),
        b.started(50),
        fate(60, 'a', 'thawed'),
        a.step(61),
        a.aborted(62),
        a.ended(63, 'lost'),
      ],
    ],
    [
      'a run takes a step after it was told of its loss',
      ['step-after-loss'],
      [a.started(0), a.aborted(1), a.step(2), a.ended(3, 'lost')],
    ],
    [
      'two instances have the same token',
      ['token-reused'],
      [a.started(0), a.ended(1), new WrittenRun('b', 1, { slot: 2_000 }).started(2)],
    ],
    [
      'a token is smaller than the one before',
      ['token-went-back'],
      [b2.started(0), b2.ended(1), a.started(2), a.ended(3)],
    ],
    [
      'two runs of a lock overlap',
      ['runs-overlap'],
      [a.started(0), b2.started(5), b2.ended(10), a.ended(12, 'failed')],
    ],
    [
      'a holder is overtaken well after it was thawed, and still not told',
      ['runs-overlap'],
      [
        a.started(0),
        fate(1, 'a', 'frozen'),
        fate(2, 'a', 'thawed'),
        b2.started(20),
        a.aborted(30),
        a.ended(31, 'lost'),
      ],
    ],
    [
      'a holder is told of its loss only after its successor has started',
      ['runs-overlap'],
      [a.started(0), b.started(50), a.aborted(51), a.ended(52, 'lost'), b.ended(60)],
    ],
    [
      'a holder is killed only after its successor has started',
      ['runs-overlap', 'slot-started-twice'],
      [a.started(0), b.started(5), fate(6, 'a', 'killed'), fate(7, 'a', 'exited')],
    ],
    [
      'a holder speaks after its successor has started, and dies only then',
      ['runs-overlap'],
      [a.started(0), b2.started(5), stopped(6, 'a'), fate(7, 'a', 'exited')],
    ],
    [
      'one process runs a job while the lost run of it is still going on',
      ['runs-overlap'],
      [a.started(0), a.aborted(1), new WrittenRun('a', 2).started(10), a.ended(20, 'lost')],
    ],
    [
      'a slot is started again after it failed',
      ['slot-started-twice'],
      [a.started(0), a.ended(1, 'failed'), b.started(50)],
    ],
    [
      'one grant starts a slot twice',
      ['slot-started-twice'],
      [a.started(0), a.ended(1, 'failed'), a.started(2), a.ended(3, 'failed')],
    ],
    [
      'one grant starts a slot again after it was interrupted',
      ['slot-started-twice'],
      [a.started(0), a.ended(1, 'interrupted'), again.started(2)],
    ],
    [
      'another grant takes a retry for its own',
      ['slot-started-twice'],
      [a.started(0), a.ended(1, 'failed'), new WrittenRun('b', 2, { attempt: 2 }).started(2)],
    ],
    [
      'one grant tries again what has succeeded',
      ['slot-repeated-after-success'],
      [a.started(0), a.ended(1), again.started(2)],
    ],
    [
      'a slot is started again after it succeeded',
      ['slot-repeated-after-success'],
      [a.started(0), a.ended(1), b.started(50), b.ended(51)],
    ],
    [
      'a slot is started again after it succeeded, though its instance was killed much later',
      ['slot-repeated-after-success'],
      [a.started(0), a.ended(1), fate(30, 'a', 'killed'), fate(31, 'a', 'exited'), b.started(50)],
    ],
    [
      'a slot is started again after it succeeded and its instance stopped in good order',
      ['slot-repeated-after-success'],
      [a.started(0), a.ended(1), stopped(2, 'a'), fate(3, 'a', 'exited'), b.started(50)],
    ],
    [
      'a run succeeds after it was told of its loss',
      ['succeeded-after-loss'],
      [a.started(0), a.aborted(1), a.ended(2)],
    ],
    [
      'a run succeeds after it was overtaken, and has been awake for long',
      ['succeeded-after-loss'],
      [
        a.started(0),
        fate(1, 'a', 'frozen'),
        b.started(50),
        b.ended(51),
        fate(60, 'a', 'thawed'),
        a.ended(90),
      ],
    ],
  ])('is found: %s', (_title, kinds, history) => {
    expect(kindsIn(history)).toEqual(kinds);
  });

  it('names the runs and shows the entries that prove it', () => {
    const history = [a.started(0), a.ended(1), b.started(50)];
    const [violation] = checkHistory(history, RULES);
    expect(violation?.message).toBe(
      '"newsletter" for slot 1000 on b (token 2) started although "newsletter" for slot 1000 on a (token 1) had succeeded.',
    );
    expect(violation?.entries).toEqual(history);
    expect(formatViolations(violation ? [violation] : []).split('\n')).toHaveLength(4);
  });

  it('is found whatever the order of the entries', () => {
    const history = [a.started(0), a.ended(1), b.started(50)];
    expect(kindsIn(history.toReversed())).toEqual(['slot-repeated-after-success']);
  });

  it('that speaks of a run without a start is refused', () => {
    expect(() => checkHistory([a.ended(1)])).toThrow('a run that never started');
  });
});

describe('the settle time', () => {
  it('excuses, by default, a run that is overtaken a second after its instance was thawed', () => {
    expect(kindsIn(overtakenAfter(1_000), {})).toEqual([]);
    expect(kindsIn(overtakenAfter(1_001), {})).toEqual(['runs-overlap']);
  });
});

describe('gaps between the starts of a job', () => {
  const rule = { job: 'newsletter', maxGap: 100, from: 1_000, to: 1_300 };

  it.each([
    ['none, if the job starts in time', startsAt(1_090, 1_190, 1_290), 0],
    ['none, whatever happens outside the window', startsAt(950, 1_090, 1_190, 1_290, 1_395), 0],
    ['one at the beginning', startsAt(1_110, 1_210, 1_300), 1],
    ['one in the middle', startsAt(1_050, 1_150, 1_251), 1],
    ['one at the end', startsAt(1_050, 1_100, 1_199), 1],
    ['two, on both sides of the only start', startsAt(1_150), 2],
    ['one, if nothing ran at all', startsAt(), 1],
    ['one, if the job ran before and after the window only', startsAt(990, 1_310), 1],
  ])('finds %s', (_title, history, count) => {
    expect(kindsIn(history, { gaps: [rule] })).toEqual(Array.from({ length: count }, () => 'gap-too-long'));
  });

  it('does not count another job', () => {
    const history = startsAt(1_050, 1_150, 1_250);
    expect(kindsIn(history, { gaps: [{ ...rule, job: 'other' }] })).toEqual(['gap-too-long']);
  });

  it('does not count further attempts of a run', () => {
    const history = [a.started(1_090), a.ended(1_091, 'failed'), again.started(1_180), again.ended(1_270)];
    expect(kindsIn(history, { gaps: [{ ...rule, to: 1_270 }] })).toEqual(['gap-too-long']);
  });
});

function overtakenAfter(awake: number): readonly Entry[] {
  const thawed = 2;
  return [
    a.started(0),
    fate(1, 'a', 'frozen'),
    fate(thawed, 'a', 'thawed'),
    b2.started(thawed + awake),
    a.aborted(thawed + awake + 1),
  ];
}

function startsAt(...times: readonly number[]): readonly Entry[] {
  return times.flatMap((time, index) => {
    const run = new WrittenRun('a', index + 1, { slot: time });
    return [run.started(time), run.ended(time)];
  });
}
