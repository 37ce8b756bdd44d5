import type { Draw } from '../draw.js';
import { drawOutage } from '../draw-outage.js';
import { drawWork, drawWorld } from '../draw-world.js';
import { checkLiveness } from '../invariants/liveness.js';
import { checkLatestMissed } from '../invariants/missed.js';
import { checkRetries } from '../invariants/retries.js';
import type { SlotJob } from '../simulated-job.js';
import type { Kind } from './kind.js';

/** Jobs at intervals that are tried again when they fail, and run at the start of a cluster. */
export const policies: Kind = {
  draw: (seed) =>
    drawWorld(seed, { storm: [40, 90], faults: 6 }, (draw, stormEnds, instances) => ({
      jobs: Array.from({ length: draw.between(1, 2) }, (_, n) => drawJob(draw, n)),
      faults: draw.chance(0.5) ? drawOutage(draw, stormEnds, instances) : [],
    })),
  invariants: [checkRetries, checkLatestMissed, checkLiveness],
};

function drawJob(draw: Draw, n: number): SlotJob {
  return {
    name: `job-${n}`,
    lock: draw.chance(0.2) ? 'shared' : `job-${n}`,
    period: draw.between(5, 20) * 1_000,
    ttl: draw.pick([1_500, 3_000, 6_000, 12_000]),
    onCrash: draw.chance(0.25) ? 'skip' : 'rerun',
    maxRuntime: draw.chance(0.15) ? draw.between(500, 8_000) : undefined,
    runOnStart: draw.chance(0.7),
    retry: {
      attempts: draw.between(2, 4),
      delay: draw.pick([0, 100, 500, 2_000]),
      backoff: draw.pick(['fixed', 'exponential']),
      maxDelay: draw.pick([1_000, 60_000]),
    },
    work: { ...drawWork(draw, [0, 200, 1_000]), throws: 0.5 },
  };
}
