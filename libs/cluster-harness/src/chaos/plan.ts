import type { Disturbance, DisturbanceKind } from './disturbance.js';
import { SeededRandom } from './seeded-random.js';

export const CHAOS_BACKENDS = ['file', 'redis', 'azure-blob'] as const;
export type ChaosBackend = (typeof CHAOS_BACKENDS)[number];

/** All that a seed decides. Durations are milliseconds. */
export interface Plan {
  readonly seed: number;
  readonly backend: ChaosBackend;
  readonly instances: number;
  readonly every: number;
  readonly ttl: number;
  readonly steps: number;
  readonly stepTime: number;
  /** How long a blocked event loop stands still. */
  readonly blockTime: number;
  /** In the order of their times. At most one at a time concerns the store. */
  readonly disturbances: readonly Disturbance[];
}

/** The same seed and backend make the same plan. When real processes get to it is another matter. */
export function makePlan(seed: number, backend: ChaosBackend): Plan {
  const random = new SeededRandom(`${seed}/${backend}`);
  const pace = PACES[backend];
  const ttl = random.pick(pace.ttl);
  const every = random.pick(pace.every);
  const stepTime = random.between(10, 50);
  const steps = Math.max(1, Math.round((every * random.pick([0.1, 0.4, 0.8, 1.4])) / stepTime));
  const shape = { seed, backend, ttl, every, steps, stepTime };
  return {
    ...shape,
    instances: random.between(3, pace.instances),
    blockTime: Math.round(ttl * (0.3 + 1.2 * random.next())),
    disturbances: disturbances(random, pace, ttl),
  };
}

interface Pace {
  readonly ttl: readonly [number, ...number[]];
  readonly every: readonly [number, ...number[]];
  /** At most. */
  readonly instances: number;
  /** How long it is until the last disturbance begins. */
  readonly span: number;
  readonly kinds: readonly [DisturbanceKind, ...DisturbanceKind[]];
}

const ON_PROCESSES = ['kill', 'kill', 'freeze', 'freeze', 'deploy', 'block', 'clock', 'hog'] as const;

const PACES: Readonly<Record<ChaosBackend, Pace>> = {
  file: {
    ttl: [1_500, 2_000, 3_000],
    every: [200, 300, 600],
    instances: 10,
    span: 8_000,
    kinds: ON_PROCESSES,
  },
  redis: {
    ttl: [1_500, 2_000, 3_000],
    every: [200, 300, 600],
    instances: 10,
    span: 8_000,
    kinds: [...ON_PROCESSES, 'store-down', 'store-frozen', 'store-emptied', 'flush', 'forget-lock'],
  },
  'azure-blob': {
    // The shortest that Azure has.
    ttl: [15_000],
    every: [1_500, 2_000, 3_000],
    instances: 4,
    span: 12_000,
    kinds: [...ON_PROCESSES, 'store-down', 'store-frozen', 'store-emptied', 'forget-lock', 'break', 'break'],
  },
};

function disturbances(random: SeededRandom, { span, kinds }: Pace, ttl: number): Disturbance[] {
  const times = Array.from({ length: random.between(4, 8) }, () => random.between(0, span));
  let storeFreeAt = 0;
  return times
    .toSorted((a, b) => a - b)
    .map((time) => {
      const kind = random.pick(kinds);
      const duration = durationOf(kind, random, ttl);
      if (!concernsStore(kind)) return { kind, at: time, duration, ...aim(kind, random) };
      const at = Math.max(time, storeFreeAt);
      storeFreeAt = at + duration + STORE_REST;
      return { kind, at, duration };
    })
    .toSorted((a, b) => a.at - b.at);
}

function aim(kind: DisturbanceKind, random: SeededRandom): Pick<Disturbance, 'victim' | 'step'> {
  if (kind === 'hog') return {};
  const victim = random.pick(['holder', 'anybody']);
  if (kind !== 'clock') return { victim };
  return { victim, step: random.pick([-3_600_000, -60_000, 60_000, 3_600_000]) };
}

/** Of a blocked loop, the settings of the instances say how long. */
function durationOf(kind: DisturbanceKind, random: SeededRandom, ttl: number): number {
  const share = random.next();
  switch (kind) {
    case 'freeze':
      return Math.round(ttl * (0.3 + 1.7 * share));
    case 'store-frozen':
      return Math.round(ttl * (0.1 + 1.2 * share));
    case 'kill':
    case 'store-down':
    case 'clock':
    case 'hog':
      return Math.round(500 + 2_500 * share);
    case 'deploy':
    case 'block':
    case 'store-emptied':
    case 'flush':
    case 'forget-lock':
    case 'break':
      break;
  }
  return 0;
}

function concernsStore(kind: DisturbanceKind): boolean {
  return !['kill', 'freeze', 'deploy', 'block', 'clock', 'hog'].includes(kind);
}

/** Between two disturbances of the store, so that one is over when the next begins. Milliseconds. */
const STORE_REST = 500;
