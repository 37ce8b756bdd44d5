import type { Draw } from '../draw.js';
import { drawWork, drawWorld } from '../draw-world.js';
import { checkOnce, checkStartsInTime, checkStartupFirst } from '../invariants/startups.js';
import type { SlotJob, StartupJob } from '../simulated-job.js';
import type { Kind } from './kind.js';

/** What has to be done before an instance starts: at each start, or once in the cluster. A job at an interval comes after. */
export const startup: Kind = {
  draw: (seed) =>
    drawWorld(seed, { storm: [20, 60], faults: 7 }, (draw) => ({
      jobs: [
        ...Array.from({ length: draw.between(1, 2) }, (_, n) => drawStartupJob(draw, n)),
        drawSlotJob(draw),
      ],
    })),
  invariants: [checkOnce, checkStartupFirst, checkStartsInTime],
};

function drawStartupJob(draw: Draw, n: number): StartupJob {
  return {
    name: `start-${n}`,
    lock: draw.chance(0.2) ? 'shared' : `start-${n}`,
    ttl: draw.pick([1_500, 3_000, 6_000]),
    ...(draw.chance(0.6) && { once: draw.pick(['v1', 'v2']) }),
    timeout: draw.pick([5_000, 60_000, 300_000]),
    work: { ...drawWork(draw, [0, 200, 1_500, 3_000]), throws: draw.pick([0, 0, 0.2]) },
  };
}

function drawSlotJob(draw: Draw): SlotJob {
  return {
    name: 'job-0',
    lock: 'job-0',
    period: draw.between(3, 15) * 1_000,
    ttl: 3_000,
    onCrash: 'rerun',
    work: drawWork(draw, [0, 200]),
  };
}
