import { SeededRandom } from '../time/seeded-random.js';

/** One simulated world, wholly: with it, everything that happens is decided. Times are milliseconds from its beginning. */
export interface Scenario {
  readonly seed: number;
  /** Until here things go wrong; then the cluster gets time to mend, is watched, and is stopped. */
  readonly stormEnds: number;
  readonly instances: readonly {
    readonly rate: number;
    readonly wallAhead: number;
    readonly lateness: number;
  }[];
  readonly store: StoreKind;
  readonly jobs: readonly SimulatedJob[];
  readonly users: readonly SimulatedUser[];
  readonly faults: readonly Fault[];
}

/** What the store offers. */
export interface StoreKind {
  /** It tells of releases. */
  readonly tells: boolean;
  /** It renews many leases in one call. */
  readonly renewsMany: boolean;
  /** How late it may find a lease expired, so that each is trusted a little shorter. */
  readonly granularity: number;
}

export interface SimulatedJob {
  readonly name: string;
  readonly lock: string;
  readonly period: number;
  readonly ttl: number;
  readonly onCrash: 'rerun' | 'skip';
  readonly maxRuntime: number | undefined;
  readonly work: Work;
}

/** What a handler does: steps, `every` so often, for so long. */
export interface Work {
  readonly lasts: number;
  readonly every: number;
  readonly heedsSignal: boolean;
  /** The share of runs that throw in the end. */
  readonly throws: number;
}

/** Asks for plain leases again and again, on every instance. */
export interface SimulatedUser {
  readonly lock: string;
  readonly by: 'acquire' | 'tryAcquire' | 'withLease';
  readonly pause: number;
  readonly ttl: number;
  readonly work: Work;
}

type NetworkFault = Fault & { readonly kind: 'network' };

export type Fault = { readonly at: number; readonly lasts: number } & (
  | {
      readonly kind: 'network';
      readonly instance: number;
      readonly of: NetworkTrouble;
      readonly share: number;
    }
  | { readonly kind: 'pause' | 'crash' | 'drain'; readonly instance: number }
  | { readonly kind: 'wall-step'; readonly instance: number; readonly by: number }
  | { readonly kind: 'store-down' | 'state-loss' }
);

export type NetworkTrouble = (typeof NETWORK_TROUBLES)[number];

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

export function drawScenario(seed: number): Scenario {
  const draw = new Draw(seed);
  const stormEnds = draw.between(30, 90) * 1_000;
  const instances = Array.from({ length: draw.between(2, 4) }, (_, n) => ({
    // Within one per cent slower than the store, as the promise needs; it may be faster.
    rate: n === 0 || draw.chance(0.5) ? 1 : 0.9905 + draw.pick([0.02, 0.02, 0.06]) * draw.next(),
    wallAhead: n > 0 && draw.chance(0.2) ? draw.between(-9_000, 9_000) : draw.between(-800, 800),
    lateness: draw.pick([0, 1, 10]),
  }));
  const jobs = Array.from({ length: draw.between(1, 3) }, (_, n) => drawJob(draw, n));
  const users = Array.from({ length: draw.between(0, 1) }, () => drawUser(draw));
  const faults = Array.from({ length: draw.between(0, 9) }, () =>
    drawFault(draw, stormEnds, instances.length),
  ).flatMap((fault) => (fault.kind === 'network' ? beforeTheEnd(draw, fault, stormEnds) : [fault]));
  const store = {
    tells: draw.chance(0.7),
    renewsMany: draw.chance(0.3),
    granularity: draw.pick([0, 0, 50]),
  };
  return { seed, stormEnds, instances, store, jobs, users, faults: faults.toSorted((a, b) => a.at - b.at) };
}

function drawJob(draw: Draw, n: number): SimulatedJob {
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

function drawUser(draw: Draw): SimulatedUser {
  return {
    lock: draw.chance(0.2) ? 'shared' : 'plain',
    by: draw.pick(['acquire', 'tryAcquire', 'withLease']),
    pause: draw.between(2_000, 9_000),
    ttl: draw.pick([1_500, 4_000, 10_000]),
    work: drawWork(draw),
  };
}

function drawWork(draw: Draw): Work {
  return {
    lasts: draw.pick([0, 200, 1_500, 3_000, 9_000, 12_000]),
    every: draw.between(150, 900),
    heedsSignal: draw.chance(0.75),
    throws: draw.chance(0.3) ? 0.5 : 0,
  };
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

class Draw extends SeededRandom {
  chance(share: number): boolean {
    return this.next() < share;
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.next() * choices.length)] as T;
  }
}
