import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DueQueue } from '../../src/jobs/due-queue.js';

describe('a due queue', () => {
  it('gives what is due, soonest first, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1_000 }), { maxLength: 200 }),
        fc.nat({ max: 1_000 }),
        (times, now) => {
          const queue = new DueQueue<number>();
          for (const time of times) queue.push(time, time);
          const due: number[] = [];
          for (let next = queue.popDue(now); next !== undefined; next = queue.popDue(now)) due.push(next);
          expect(due).toEqual(times.filter((time) => time <= now).toSorted((a, b) => a - b));
          expect(queue.nextAt).toBe(Math.min(Infinity, ...times.filter((time) => time > now)));
        },
      ),
    );
  });
});
