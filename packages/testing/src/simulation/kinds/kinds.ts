import { concurrency } from './concurrency.js';
import { fixedDelay } from './fixed-delay.js';
import { intervals } from './intervals.js';
import type { Kind } from './kind.js';
import { missed } from './missed.js';
import { pause } from './pause.js';
import { policies } from './policies.js';
import { services } from './services.js';
import { startup } from './startup.js';

/** All kinds of scenario, by the names that `--kind` knows. */
export const kinds = {
  intervals,
  missed,
  'fixed-delay': fixedDelay,
  services,
  startup,
  concurrency,
  pause,
  policies,
} as const satisfies Readonly<Record<string, Kind>>;

export type KindName = keyof typeof kinds;

export const kindNames = Object.keys(kinds) as readonly KindName[];
