import { describe, expect, it } from '@jest/globals';
import { SeededRandom } from '@leased-jobs/testing';

describe('a seeded random', () => {
  it('repeats itself for the same seed, and only for it', () => {
    const draw = (seed: number) => {
      const random = new SeededRandom(seed);
      return [random.next(), random.uuid(), random.next(), ...random.shuffle([1, 2, 3, 4, 5])];
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('spreads its numbers evenly over [0, 1)', () => {
    const random = new SeededRandom(1);
    const counts = Array.from({ length: 10 }, () => 0);
    for (let n = 0; n < 10_000; n++) {
      const bucket = Math.floor(random.next() * 10);
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    }
    expect(counts).toHaveLength(10);
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });

  it('makes UUIDs of version 4, none of them twice', () => {
    const random = new SeededRandom(2);
    const uuids = Array.from({ length: 1_000 }, () => random.uuid());
    for (const uuid of uuids) {
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
    expect(new Set(uuids).size).toBe(1_000);
  });

  it('shuffles into every order', () => {
    const random = new SeededRandom(3);
    const orders = new Set(Array.from({ length: 200 }, () => random.shuffle(['a', 'b', 'c']).join('')));
    expect(orders.size).toBe(6);
  });
});
