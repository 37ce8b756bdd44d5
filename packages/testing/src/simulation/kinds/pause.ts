import type { Draw } from '../draw.js';
import { drawOutage } from '../draw-outage.js';
import { drawWork, drawWorld } from '../draw-world.js';
import { checkDelayGoesOn, checkDelays } from '../invariants/delays.js';
import { checkLiveness } from '../invariants/liveness.js';
import { checkPauseAnswers, checkPausedServices, checkPauses } from '../invariants/pauses.js';
import { checkRestartDelays, checkServiceGoesOn } from '../invariants/services.js';
import type { Fault } from '../scenario.js';
import type { SimulatedJob, SlotJob } from '../simulated-job.js';
import { drawDelayJob } from './fixed-delay.js';
import type { Kind } from './kind.js';
import { drawServiceJob } from './services.js';

/** Jobs that an operator pauses for the whole cluster, for a while or for good, whoever crashes meanwhile. */
export const pause: Kind = {
  draw: (seed) =>
    drawWorld(seed, { storm: [40, 100], faults: 5 }, (draw, stormEnds, instances) => {
      const jobs = Array.from({ length: draw.between(2, 3) }, (_, n) =>
        draw.pick([drawSlotJob, drawSlotJob, drawDelayJob, drawServiceJob])(draw, n),
      );
      const pauses = Array.from({ length: draw.between(1, 3) }, () =>
        drawPause(draw, jobs, stormEnds, instances),
      );
      const outage = draw.chance(0.4) ? drawOutage(draw, stormEnds, instances) : [];
      return { jobs, faults: [...pauses, ...outage] };
    }),
  invariants: [
    checkPauses,
    checkPauseAnswers,
    checkPausedServices,
    checkDelays,
    checkRestartDelays,
    checkLiveness,
    checkDelayGoesOn,
    checkServiceGoesOn,
  ],
};

function drawSlotJob(draw: Draw, n: number): SlotJob {
  const shared = draw.chance(0.3);
  return {
    name: `job-${n}`,
    lock: shared ? 'shared' : `job-${n}`,
    period: draw.between(3, 15) * 1_000,
    ttl: draw.pick([1_500, 3_000, 6_000, 12_000]),
    onCrash: draw.chance(0.25) ? 'skip' : 'rerun',
    missed: draw.pick(['skip', 'once']),
    maxRuntime: undefined,
    work: drawWork(draw, [0, 200, 1_500, 3_000]),
  };
}

function drawPause(draw: Draw, jobs: readonly SimulatedJob[], stormEnds: number, instances: number): Fault {
  const { name: job, lock } = draw.pick(jobs);
  const at = draw.between(1_000, stormEnds - 1_000);
  const lasts = draw.chance(0.3) ? FOR_GOOD : Math.min(draw.between(5, 60) * 1_000, stormEnds - at);
  const by = draw.chance(0.5) ? 'store' : draw.between(0, instances - 1);
  return { kind: 'job-paused', job, lock, by, at, lasts };
}

/** Milliseconds: longer than any world. */
const FOR_GOOD = 1_000_000;
