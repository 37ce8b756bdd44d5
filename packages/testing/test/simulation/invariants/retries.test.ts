import { describe, expect, it } from '@jest/globals';
import type { HistoryEntry, NewEntry } from '../../../src/simulation/history.js';
import { checkRetries } from '../../../src/simulation/invariants/retries.js';
import { policies } from '../../../src/simulation/kinds/policies.js';
import type { Scenario } from '../../../src/simulation/scenario.js';

const scenario: Scenario = {
  ...policies.draw(1),
  jobs: [
    {
      name: 'job',
      lock: 'job',
      period: 5_000,
      ttl: 3_000,
      onCrash: 'rerun',
      retry: { attempts: 3, delay: 100, backoff: 'exponential', maxDelay: 60_000 },
      work: { lasts: 0, every: 200, heedsSignal: true, throws: 0.5 },
    },
  ],
};

describe('the invariants of retries', () => {
  it('let a handler be called as often and as late as it shall', () => {
    expect(found([started(0), settled(0), again(2, 100), settled(100), again(3, 300), failed(300)])).toEqual(
      [],
    );
  });

  it('find a run that was given up too early, and let one be that has succeeded', () => {
    expect(found([started(0), settled(0), again(2, 100), failed(100)])).toEqual(['tried-often-enough']);
    expect(found([started(0), settled(0), { ...failed(0), outcome: 'succeeded' }])).toEqual([]);
  });

  it('find a call too many, and one that leaves another out', () => {
    const most = [started(0), settled(0), again(2, 100), settled(100), again(3, 300), settled(300)];
    expect(found([...most, again(4, 900)])).toEqual(['tried-as-often-as-told']);
    expect(found([started(0), settled(0), again(3, 300)])).toEqual(['tried-as-often-as-told']);
  });

  it('find a call that comes too soon', () => {
    const history = [started(0), settled(0), again(2, 100), settled(100), again(3, 220)];
    expect(found(history)).toEqual(['tried-as-late-as-told']);
  });

  it('find a call after a loss, or of an instance that was told to stop', () => {
    const lost = { type: 'lost', instance: 'web-0', lock: 'job', token: 1, at: 50 } as const;
    const stopping = { type: 'stopping', instance: 'web-0', at: 50 } as const;
    for (const end of [lost, stopping]) {
      expect(found([started(0), settled(0), end, again(2, 100)])).toEqual(['not-tried-when-stopped']);
    }
  });
});

function found(history: readonly (NewEntry & { readonly at: number })[]): readonly string[] {
  return checkRetries(history as readonly HistoryEntry[], scenario).map(({ invariant }) => invariant);
}

const RUN = { instance: 'web-0', job: 'job', lock: 'job', token: 1 } as const;

function started(at: number) {
  return { type: 'run-started', ...RUN, slot: 5_000, at } as const;
}

function settled(at: number) {
  return { type: 'settled', instance: 'web-0', lock: 'job', token: 1, at } as const;
}

function again(attempt: number, at: number) {
  return { type: 'tried-again', ...RUN, attempt, at } as const;
}

function failed(at: number) {
  return { type: 'run-ended', ...RUN, slot: 5_000, outcome: 'failed', at } as const;
}
