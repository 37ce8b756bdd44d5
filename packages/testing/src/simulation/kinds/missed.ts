import type { Draw } from '../draw.js';
import { drawOutage } from '../draw-outage.js';
import { drawWork, drawWorld } from '../draw-world.js';
import { checkLiveness } from '../invariants/liveness.js';
import { checkLatestMissed, checkNothingOld, checkOrder } from '../invariants/missed.js';
import type { SlotJob } from '../simulated-job.js';
import type { Kind } from './kind.js';

/** Jobs that make up for what they have missed, or do not, in clusters of which nobody is up for several slots. */
export const missed: Kind = {
  draw: (seed) =>
    drawWorld(seed, { storm: [60, 150], faults: 4 }, (draw, stormEnds, instances) => ({
      jobs: Array.from({ length: draw.between(1, 3) }, (_, n) => drawJob(draw, n)),
      faults: Array.from({ length: draw.between(1, 2) }, () => drawOutage(draw, stormEnds, instances)).flat(),
    })),
  invariants: [checkOrder, checkLatestMissed, checkNothingOld, checkLiveness],
};

function drawJob(draw: Draw, n: number): SlotJob {
  const policy = draw.pick(['all', 'all', 'once', 'once', 'skip'] as const);
  return {
    name: `job-${n}`,
    lock: draw.chance(0.2) ? 'shared' : `job-${n}`,
    period: draw.between(4, 15) * 1_000,
    ttl: draw.pick([1_500, 3_000, 6_000, 12_000]),
    onCrash: policy !== 'all' && draw.chance(0.25) ? 'skip' : 'rerun',
    missed: policy,
    maxRuntime: draw.chance(0.1) ? draw.between(500, 3_000) : undefined,
    // Short, so that a cluster which has to make up for a minute is through with it in another.
    work: drawWork(draw, [0, 200, 600, 1_200]),
  };
}
