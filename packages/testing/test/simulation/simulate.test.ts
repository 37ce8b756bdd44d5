import { createHash } from 'node:crypto';
import { describe, expect, it, jest } from '@jest/globals';
import { intervals } from '../../src/simulation/kinds/intervals.js';
import { shrink } from '../../src/simulation/shrink.js';
import { simulate, type Simulation, type SimulationSeams } from '../../src/simulation/simulate.js';
import { brokenCores } from './broken-cores.js';

describe('the simulation', () => {
  it('finds no violation in 50 seeds', async () => {
    const found: string[] = [];
    for (let seed = 1; seed <= 50; seed++) {
      const { violations } = await simulate(seed);
      for (const { invariant, message } of violations) found.push(`seed ${seed}: ${invariant}: ${message}`);
    }
    expect(found).toEqual([]);
  }, 60_000);

  it('replays a seed byte for byte', async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const { history } = await simulate(seed);
      expect(history.length).toBeGreaterThan(1_000);
      expect((await simulate(seed)).history).toBe(history);
    }
  }, 60_000);

  it('draws for a seed what it has always drawn, so that seeds which are named somewhere stay valid', () => {
    const drawn = createHash('sha256');
    for (let seed = 1; seed <= 100; seed++) drawn.update(JSON.stringify(intervals.draw(seed)));
    expect(drawn.digest('hex').slice(0, 16)).toBe('35f9c24a1c778adb');
  });

  it('reads no real clock, no real chance, and sets no real timer', async () => {
    const refuse = (): never => {
      throw new Error('A simulated world knows nothing of the real one.');
    };
    const real = [
      jest.spyOn(Date, 'now').mockImplementation(refuse),
      jest.spyOn(Math, 'random').mockImplementation(refuse),
      jest.spyOn(performance, 'now').mockImplementation(refuse),
      jest.spyOn(globalThis, 'setTimeout').mockImplementation(refuse),
    ];
    let called: readonly number[] = [];
    try {
      for (let seed = 1; seed <= 5; seed++) await simulate(seed);
      called = real.map(({ mock }) => mock.calls.length);
    } finally {
      for (const spy of real) spy.mockRestore();
    }
    expect(called).toEqual([0, 0, 0, 0]);
  }, 60_000);

  it('gives each seed enough to do', async () => {
    let grants = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const { counts } = await simulate(seed);
      expect(counts.simulated).toBeGreaterThan(120_000);
      grants += counts.grants;
    }
    expect(grants / 20).toBeGreaterThan(24);
  }, 60_000);

  /** The invariant that each breaks, and the first seed of those from 1 on that shows it. */
  const mistakes = {
    'a release that asks not whose the lease is': ['belief-is-live', 4],
    'an unanswered attempt that counts as granted': ['belief-is-live', 1],
    'an unanswered renewal that counts as done, so that no deadline is ever reached': ['belief-is-live', 11],
    'validity that is counted from the answer': ['belief-is-live', 186],
    'a store that does not guard slots': ['slot-once', 1],
    'tokens that stay the same': ['no-stale-write', 1],
    'renewals that are sent after the release': ['no-renewal-after-release', 1],
    'a loss that is taken for a failure': ['told-of-state-loss', 75],
    'a report that does not say which slot was run': ['finished-slot-told', 1],
    'a shutdown without a limit': ['stops-in-time', 6],
    'a watch that is never closed': ['nothing-left', 1],
  } as const;

  it.each(Object.entries(mistakes))(
    'finds %s, and shrinks the world',
    async (mistake, [invariant, from]) => {
      const seams = brokenCores[mistake] ?? {};
      const failed = await firstFailure(seams, invariant, from);
      const smallest = await shrink(failed, seams);
      expect(smallest.violations.map((violation) => violation.invariant)).toContain(invariant);
      expect(smallest.scenario.faults.length).toBeLessThanOrEqual(failed.scenario.faults.length);
      expect(await simulate(smallest.scenario, seams)).toMatchObject({ history: smallest.history });
    },
    60_000,
  );
});

async function firstFailure(seams: SimulationSeams, invariant: string, from: number): Promise<Simulation> {
  for (let seed = from; seed <= 300; seed++) {
    const simulation = await simulate(seed, seams);
    const violations = simulation.violations.filter((violation) => violation.invariant === invariant);
    if (violations.length > 0) return { ...simulation, violations };
  }
  throw new Error('No seed of 300 has found it.');
}
