import { describe, expect, it } from '@jest/globals';
import type { HistoryEntry, NewEntry } from '../../../src/simulation/history.js';
import { checkPermits } from '../../../src/simulation/invariants/permits.js';
import { concurrency } from '../../../src/simulation/kinds/concurrency.js';
import type { Scenario } from '../../../src/simulation/scenario.js';

const WORK = { lasts: 1_000, every: 200, heedsSignal: true, throws: 0 };
const scenario: Scenario = {
  ...concurrency.draw(1),
  faults: [],
  jobs: [
    { name: 'job', lock: 'job', period: 5_000, ttl: 3_000, onCrash: 'rerun', concurrency: 2, work: WORK },
  ],
};

describe('the invariants of permits', () => {
  it('let as many leases be trusted as there are permits', () => {
    expect(found([believes('web-0', 'job', 1), believes('web-1', 'job#2', 1)])).toEqual([]);
  });

  it('find a lease too many that is trusted', () => {
    const history = [
      believes('web-0', 'job', 1),
      believes('web-1', 'job#2', 1),
      believes('web-2', 'job#3', 1),
    ];
    expect(found(history)).toEqual(['no-more-than-permits']);
  });

  it('count no lease whose work has settled, whose holder died, or which is over', () => {
    const history: NewEntry[] = [
      believes('web-0', 'job', 1),
      { type: 'settled', instance: 'web-0', lock: 'job', token: 1 },
      believes('web-1', 'job#2', 1),
      { type: 'crashed', instance: 'web-1' },
      { ...believes('web-2', 'job#2', 2), until: 3 },
      believes('web-0', 'job', 2),
      believes('web-1', 'job#3', 1),
    ];
    expect(found(history)).toEqual([]);
  });

  it('find a slot that counts as run more often than there are permits', () => {
    expect(found([released('job'), released('job#2')])).toEqual([]);
    expect(found([released('job'), released('job#2'), released('job#3')])).toEqual(['slot-once-per-permit']);
  });

  it('find an instance that runs a slot once more, unless it was started anew', () => {
    const once: NewEntry[] = [started('web-0', 'job'), ended('web-0', 'job')];
    expect(found([...once, started('web-1', 'job#2'), ended('web-1', 'job#2')])).toEqual([]);
    expect(found([...once, started('web-0', 'job#2')])).toEqual(['slot-once-per-instance']);
    expect(found([...once, { type: 'crashed', instance: 'web-0' }, started('web-0', 'job#2')])).toEqual([]);
  });
});

function found(history: readonly NewEntry[]): readonly string[] {
  const entries = history.map((entry, at): HistoryEntry => ({ ...entry, at }));
  return checkPermits(entries, scenario).map(({ invariant }) => invariant);
}

function believes(instance: string, lock: string, token: number) {
  return { type: 'believes', instance, lock, token, until: 1_000, live: true } as const;
}

function released(lock: string) {
  return { type: 'released', instance: 'web-0', lock, grantId: lock, job: 'job', slot: 5_000 } as const;
}

function started(instance: string, lock: string) {
  return { type: 'run-started', instance, job: 'job', lock, slot: 5_000, token: 1 } as const;
}

function ended(instance: string, lock: string) {
  return { ...started(instance, lock), type: 'run-ended', outcome: 'succeeded' } as const;
}
