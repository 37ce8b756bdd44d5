import type { Draw } from '../draw.js';
import { drawUser, drawWork, drawWorld } from '../draw-world.js';
import { checkRestartDelays, checkServiceGoesOn } from '../invariants/services.js';
import { checkHandOver, checkTakeOver } from '../invariants/successions.js';
import type { Fault } from '../scenario.js';
import type { ServiceJob } from '../simulated-job.js';
import type { Kind } from './kind.js';

/** Services, which one instance after the other keeps up: some go on for ever, some return or fail now and then. */
export const services: Kind = {
  draw: (seed) =>
    drawWorld(seed, { storm: [40, 100], faults: 6 }, (draw, stormEnds, instances) => ({
      jobs: Array.from({ length: draw.between(1, 2) }, (_, n) => drawServiceJob(draw, n)),
      users: Array.from({ length: draw.between(0, 1) }, () => drawUser(draw)),
      faults: draw.chance(0.6) ? drawDeployment(draw, stormEnds, instances) : [],
    })),
  invariants: [checkServiceGoesOn, checkRestartDelays, checkHandOver, checkTakeOver],
};

export function drawServiceJob(draw: Draw, n: number): ServiceJob {
  const goesOn = draw.chance(0.5);
  const restartDelay = draw.pick([200, 1_000, 3_000]);
  return {
    name: `job-${n}`,
    lock: draw.chance(0.15) ? 'shared' : `job-${n}`,
    ttl: draw.pick([1_500, 3_000, 6_000, 12_000]),
    restartDelay,
    maxRestartDelay: draw.pick([3_000, 8_000]),
    work: goesOn
      ? { lasts: FOR_EVER, every: draw.between(300, 900), heedsSignal: true, throws: 0 }
      : drawWork(draw, [200, 1_500, 5_000, 15_000]),
  };
}

/** Each instance is stopped, or killed, and started anew, one after the other. */
function drawDeployment(draw: Draw, stormEnds: number, instances: number): readonly Fault[] {
  const every = Math.floor((stormEnds - 10_000) / instances);
  return Array.from({ length: instances }, (_, instance) => {
    const at = 5_000 + instance * every + draw.between(0, 2_000);
    return { kind: draw.pick(['drain', 'drain', 'crash']), instance, at, lasts: draw.between(4_000, 8_000) };
  });
}

/** Milliseconds: longer than any world. */
const FOR_EVER = 1_000_000;
