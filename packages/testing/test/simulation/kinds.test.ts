import { describe, expect, it } from '@jest/globals';
import { kindNames } from '../../src/simulation/kinds/kinds.js';
import { simulate } from '../../src/simulation/simulate.js';
import { brokenKinds } from './broken-kinds.js';

describe('the kinds of scenario', () => {
  it.each(kindNames.filter((kind) => kind !== 'intervals'))(
    'finds no violation in 8 seeds of %s',
    async (kind) => {
      const found: string[] = [];
      for (let seed = 1; seed <= 8; seed++) {
        const { violations } = await simulate(seed, { kind });
        for (const { invariant, message } of violations) found.push(`seed ${seed}: ${invariant}: ${message}`);
      }
      expect(found).toEqual([]);
    },
    60_000,
  );

  it.each(kindNames)('replays a seed of %s byte for byte', async (kind) => {
    for (let seed = 1; seed <= 2; seed++) {
      const { history } = await simulate(seed, { kind });
      expect(history.length).toBeGreaterThan(1_000);
      expect((await simulate(seed, { kind })).history).toBe(history);
    }
  });

  it.each(Object.entries(brokenKinds))(
    'finds %s',
    async (_mistake, { kind, breaks, seams }) => {
      expect(await firstSeedThat(kind, breaks, seams)).toBeLessThanOrEqual(SEEDS);
    },
    60_000,
  );
});

async function firstSeedThat(
  kind: (typeof kindNames)[number],
  breaks: string,
  seams: (typeof brokenKinds)[string]['seams'],
): Promise<number> {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { violations } = await simulate(seed, { ...seams, kind });
    if (violations.some(({ invariant }) => invariant === breaks)) return seed;
  }
  return Infinity;
}

const SEEDS = 200;
