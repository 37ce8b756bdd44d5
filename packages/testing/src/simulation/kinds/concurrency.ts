import type { Draw } from '../draw.js';
import { drawUser, drawWork, drawWorld } from '../draw-world.js';
import { checkAllPermitsUsed, checkPermits } from '../invariants/permits.js';
import { checkLiveness } from '../invariants/liveness.js';
import { checkRestartDelays, checkServiceGoesOn } from '../invariants/services.js';
import type { SlotJob } from '../simulated-job.js';
import type { Kind } from './kind.js';
import { drawServiceJob } from './services.js';

/** Jobs and services that several instances may run at once. */
export const concurrency: Kind = {
  draw: (seed) =>
    drawWorld(seed, { storm: [30, 90], faults: 7 }, (draw) => ({
      jobs: Array.from({ length: draw.between(1, 2) }, (_, n) => ({
        ...(draw.chance(0.7) ? drawSlotJob(draw, n) : drawServiceJob(draw, n)),
        lock: `job-${n}`,
        concurrency: draw.between(2, 3),
      })),
      users: Array.from({ length: draw.between(0, 1) }, () => drawUser(draw)),
    })),
  invariants: [checkPermits, checkAllPermitsUsed, checkLiveness, checkServiceGoesOn, checkRestartDelays],
};

function drawSlotJob(draw: Draw, n: number): SlotJob {
  return {
    name: `job-${n}`,
    lock: `job-${n}`,
    period: draw.between(3, 15) * 1_000,
    ttl: draw.pick([1_500, 3_000, 6_000, 12_000]),
    onCrash: draw.chance(0.25) ? 'skip' : 'rerun',
    missed: draw.pick(['skip', 'skip', 'once']),
    maxRuntime: draw.chance(0.15) ? draw.between(500, 8_000) : undefined,
    work: drawWork(draw),
  };
}
