import type { Draw } from '../draw.js';
import { drawUser, drawWork, drawWorld } from '../draw-world.js';
import { checkDelayGoesOn, checkDelays } from '../invariants/delays.js';
import type { DelayJob } from '../simulated-job.js';
import type { Kind } from './kind.js';

/** Jobs that are due so long after the end of their last run in the whole cluster. */
export const fixedDelay: Kind = {
  draw: (seed) =>
    drawWorld(seed, { storm: [30, 90], faults: 9 }, (draw) => ({
      jobs: Array.from({ length: draw.between(1, 3) }, (_, n) => drawDelayJob(draw, n)),
      users: Array.from({ length: draw.between(0, 1) }, () => drawUser(draw)),
    })),
  invariants: [checkDelays, checkDelayGoesOn],
};

export function drawDelayJob(draw: Draw, n: number): DelayJob {
  return {
    name: `job-${n}`,
    lock: draw.chance(0.25) ? 'shared' : `job-${n}`,
    delay: draw.pick([500, 1_000, 3_000, 8_000]),
    ttl: draw.pick([1_500, 3_000, 6_000, 12_000]),
    maxRuntime: draw.chance(0.15) ? draw.between(500, 8_000) : undefined,
    work: drawWork(draw),
  };
}
