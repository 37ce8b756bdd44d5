import type { Draw } from './draw.js';
import type { Fault } from './scenario.js';

/** All instances go within a second, as by a power failure or a careless deployment, and come back one by one. */
export function drawOutage(draw: Draw, stormEnds: number, instances: number): readonly Fault[] {
  const at = draw.between(15_000, stormEnds - 12_000);
  const until = Math.min(at + draw.between(6, 60) * 1_000, stormEnds - 5_000);
  const kind = draw.chance(0.7) ? 'crash' : 'drain';
  const first = draw.between(0, instances - 1);
  return Array.from({ length: instances }, (_, instance) => {
    const goes = at + draw.between(0, 1_000);
    const back = until + (instance === first ? 0 : draw.between(0, 5_000));
    return { kind, instance, at: goes, lasts: back - goes };
  });
}
