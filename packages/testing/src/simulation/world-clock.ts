import type { Scenario } from './scenario.js';

/** Epoch milliseconds at the beginning of a simulated world, by the store's clock. */
export const WALL = Date.UTC(2030, 0, 1);

/** What the wall clock of an instance shows at a moment of the world. */
export function wallOf({ instances, faults }: Scenario, instance: string, at: number): number {
  const n = Number(instance.slice(instance.lastIndexOf('-') + 1));
  const { rate, wallAhead } = instances[n] ?? { rate: 1, wallAhead: 0 };
  const stepped = faults
    .filter((fault) => fault.kind === 'wall-step' && fault.instance === n)
    .reduce(
      (sum, fault) =>
        fault.kind === 'wall-step' && fault.at <= at && at < fault.at + fault.lasts ? sum + fault.by : sum,
      0,
    );
  return WALL + wallAhead + rate * at + stepped;
}

/** The least that it has shown between two moments. */
export function leastWallOf(scenario: Scenario, instance: string, from: number, to: number): number {
  const moments = scenario.faults
    .flatMap(({ kind, at, lasts }) => (kind === 'wall-step' ? [at, at + lasts] : []))
    .filter((at) => at > from && at <= to);
  return Math.min(...[from, ...moments].map((at) => wallOf(scenario, instance, at)));
}
