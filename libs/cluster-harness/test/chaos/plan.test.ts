import { describe, expect, it } from '@jest/globals';
import { formatDisturbance } from '../../src/chaos/disturbance.js';
import { CHAOS_BACKENDS, makePlan, type Plan } from '../../src/chaos/plan.js';

const SEEDS = Array.from({ length: 300 }, (_, index) => index + 1);
const plans = (backend: (typeof CHAOS_BACKENDS)[number]): readonly Plan[] =>
  SEEDS.map((seed) => makePlan(seed, backend));
const kindsIn = (some: readonly Plan[]): Set<string> =>
  new Set(some.flatMap(({ disturbances }) => disturbances.map(({ kind }) => kind)));

const ON_PROCESSES = ['block', 'clock', 'deploy', 'freeze', 'hog', 'kill'];

describe('a plan', () => {
  it('is named by its seed and its backend', () => {
    expect(makePlan(7, 'redis')).toEqual(makePlan(7, 'redis'));
    expect(makePlan(7, 'redis')).not.toEqual(makePlan(8, 'redis'));
    expect(makePlan(7, 'redis').disturbances).not.toEqual(makePlan(7, 'file').disturbances);
  });

  it('stays what it was, so that a seed from a report can be played again', () => {
    expect(makePlan(1, 'redis').disturbances.map(formatDisturbance)).toMatchInlineSnapshot(`
     [
       "at    513 ms: kill anybody for 1375 ms",
       "at   1258 ms: flush",
       "at   1766 ms: freeze holder for 3860 ms",
       "at   2131 ms: store-frozen for 576 ms",
       "at   2637 ms: clock holder by 3600000 ms for 1849 ms",
       "at   5930 ms: forget-lock",
     ]
    `);
  });

  it.each([
    ['file' as const, [...ON_PROCESSES]],
    [
      'redis' as const,
      [...ON_PROCESSES, 'flush', 'forget-lock', 'store-down', 'store-emptied', 'store-frozen'],
    ],
    [
      'azure-blob' as const,
      [...ON_PROCESSES, 'break', 'forget-lock', 'store-down', 'store-emptied', 'store-frozen'],
    ],
  ])('for %s knows every disturbance that there is for it, and no other', (backend, kinds) => {
    expect([...kindsIn(plans(backend))].toSorted()).toEqual([...kinds].toSorted());
  });

  it.each(CHAOS_BACKENDS)(
    'for %s has 3 to 10 instances, and disturbances in the order of their times',
    (backend) => {
      for (const { instances, disturbances, ttl } of plans(backend)) {
        expect(instances).toBeGreaterThanOrEqual(3);
        expect(instances).toBeLessThanOrEqual(10);
        expect(disturbances.length).toBeGreaterThan(3);
        const times = disturbances.map(({ at }) => at);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        for (const { kind, duration } of disturbances.filter(({ kind: one }) => one === 'freeze')) {
          expect(`${kind} ${duration >= ttl * 0.3 && duration <= ttl * 2}`).toBe('freeze true');
        }
      }
    },
  );

  it('lets the store suffer one thing at a time', () => {
    for (const { disturbances } of CHAOS_BACKENDS.flatMap(plans)) {
      const ofStore = disturbances.filter(({ kind }) => !ON_PROCESSES.includes(kind));
      for (const [index, { at }] of ofStore.entries()) {
        const before = ofStore[index - 1];
        expect(at).toBeGreaterThan(before ? before.at + before.duration : -1);
      }
    }
  });
});
