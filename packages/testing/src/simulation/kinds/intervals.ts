import type { Draw } from '../draw.js';
import { drawUser, drawWork, drawWorld } from '../draw-world.js';
import { checkLiveness } from '../invariants/liveness.js';
import type { SlotJob } from '../simulated-job.js';
import type { Kind } from './kind.js';

/** Jobs at intervals, and users of plain leases. What a seed draws never changes: tests and reports name seeds. */
export const intervals: Kind = {
  draw: (seed) =>
    drawWorld(seed, { storm: [30, 90], faults: 9 }, (draw) => ({
      jobs: Array.from({ length: draw.between(1, 3) }, (_, n) => drawJob(draw, n)),
      users: Array.from({ length: draw.between(0, 1) }, () => drawUser(draw)),
    })),
  invariants: [checkLiveness],
};

function drawJob(draw: Draw, n: number): SlotJob {
  const shared = draw.chance(0.3);
  const period = draw.between(3, 15) * 1_000;
  return {
    name: `job-${n}`,
    lock: shared ? 'shared' : `job-${n}`,
    period,
    ttl: draw.pick([1_500, 3_000, 6_000, 12_000]),
    onCrash: draw.chance(0.25) ? 'skip' : 'rerun',
    maxRuntime: draw.chance(0.15) ? draw.between(500, 8_000) : undefined,
    work: drawWork(draw),
  };
}
