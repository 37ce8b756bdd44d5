import { Draw } from './draw.js';
import type { Fault, NetworkFault, Scenario, SimulatedUser, StoreKind, Work } from './scenario.js';
import type { SimulatedJob } from './simulated-job.js';

/** What a kind of scenario draws by itself. */
export interface DrawnContent {
  readonly jobs: readonly SimulatedJob[];
  readonly users?: readonly SimulatedUser[];
  /** Besides those that befall any world. */
  readonly faults?: readonly Fault[];
}

/** Draws a world around what `drawContent` draws for it. */
export function drawWorld(
  seed: number,
  { storm: [shortest, longest], faults: mostFaults }: WorldSettings,
  drawContent: (draw: Draw, stormEnds: number, instances: number) => DrawnContent,
): Scenario {
  const draw = new Draw(seed);
  const stormEnds = draw.between(shortest, longest) * 1_000;
  const instances = drawInstances(draw);
  const { jobs, users = [], faults = [] } = drawContent(draw, stormEnds, instances.length);
  const all = [...faults, ...drawFaults(draw, stormEnds, instances.length, mostFaults)];
  const store = drawStore(draw);
  return { seed, stormEnds, instances, store, jobs, users, faults: all.toSorted((a, b) => a.at - b.at) };
}

export interface WorldSettings {
  /** How long things go wrong, in seconds: the shortest, and the longest. */
  readonly storm: readonly [shortest: number, longest: number];
  /** The most faults that are drawn for it. */
  readonly faults: number;
}

export function drawInstances(draw: Draw): Scenario['instances'] {
  return Array.from({ length: draw.between(2, 4) }, (_, n) => ({
    // Within one per cent slower than the store, as the promise needs; it may be faster.
    rate: n === 0 || draw.chance(0.5) ? 1 : 0.9905 + draw.pick([0.02, 0.02, 0.06]) * draw.next(),
    wallAhead: n > 0 && draw.chance(0.2) ? draw.between(-9_000, 9_000) : draw.between(-800, 800),
    lateness: draw.pick([0, 1, 10]),
  }));
}

export function drawStore(draw: Draw): StoreKind {
  return {
    tells: draw.chance(0.7),
    renewsMany: draw.chance(0.3),
    granularity: draw.pick([0, 0, 50]),
  };
}

export function drawUser(draw: Draw): SimulatedUser {
  return {
    lock: draw.chance(0.2) ? 'shared' : 'plain',
    by: draw.pick(['acquire', 'tryAcquire', 'withLease']),
    pause: draw.between(2_000, 9_000),
    ttl: draw.pick([1_500, 4_000, 10_000]),
    work: drawWork(draw),
  };
}

/** `lasts`: what may be drawn for it, in milliseconds. */
export function drawWork(draw: Draw, lasts: readonly number[] = [0, 200, 1_500, 3_000, 9_000, 12_000]): Work {
  return {
    lasts: draw.pick(lasts),
    every: draw.between(150, 900),
    heedsSignal: draw.chance(0.75),
    throws: draw.chance(0.3) ? 0.5 : 0,
  };
}

/** Up to `most` faults, whatever befalls a cluster. */
export function drawFaults(draw: Draw, stormEnds: number, instances: number, most: number): Fault[] {
  return Array.from({ length: draw.between(0, most) }, () => drawFault(draw, stormEnds, instances)).flatMap(
    (fault) => (fault.kind === 'network' ? beforeTheEnd(draw, fault, stormEnds) : [fault]),
  );
}

function drawFault(draw: Draw, stormEnds: number, instances: number): Fault {
  const at = draw.between(1_000, stormEnds - 1_000);
  const lasts = Math.min(draw.pick([300, 1_500, 4_000, 9_000, 25_000]), stormEnds - at);
  const instance = draw.between(0, instances - 1);
  const when = { at, lasts, instance };
  const kind = draw.next();
  if (kind < 0.45) {
    const of = draw.pick(NETWORK_TROUBLES);
    return { ...when, kind: 'network', of, share: draw.pick([0.2, 0.5, 0.9]) };
  }
  if (kind < 0.62) return { ...when, kind: 'pause' };
  if (kind < 0.76) return { ...when, kind: 'crash' };
  if (kind < 0.84) return { ...when, kind: 'drain' };
  if (kind < 0.91) {
    const by = draw.pick([-3_600_000, -20_000, -2_000, 2_000, 20_000, 3_600_000]);
    // The first instance is the one whose clock stays right, so that the cluster goes on.
    return { at, lasts, instance: draw.between(1, instances - 1), kind: 'wall-step', by };
  }
  return { at, lasts, kind: kind < 0.97 ? 'store-down' : 'state-loss' };
}

/** A way that is slow may be about to break: what was answered last was answered late. */
function beforeTheEnd(draw: Draw, fault: NetworkFault, stormEnds: number): readonly Fault[] {
  const at = fault.at + fault.lasts;
  if (fault.of !== 'answersSlow' || at >= stormEnds || draw.chance(0.2)) return [fault];
  return [fault, { ...fault, of: 'cut', at, lasts: Math.min(15_000, stormEnds - at) }];
}

/** What is named twice is drawn twice as often. */
const NETWORK_TROUBLES = [
  'requestsLost',
  'answersLost',
  'duplicated',
  'refused',
  'slow',
  'answersSlow',
  'answersSlow',
  'cut',
] as const;
