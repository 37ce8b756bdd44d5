import { uptime } from 'node:os';

/**
 * The clock that all processes of a host share: the time since it booted. Nobody can step it, and it goes on while the
 * machine sleeps.
 */
export interface HostClock {
  /** Readings may be compared only if they were taken from a clock with the same id. */
  readonly id: string;
  /** A reading lags behind by up to this many milliseconds. */
  readonly step: number;
  /** Milliseconds. */
  uptime(): number;
  /** Epoch milliseconds. */
  wall(): number;
}

export function systemHostClock(id: string): HostClock {
  return {
    id,
    step: UPTIME_STEP,
    uptime: () => Math.round(uptime() * 1_000),
    wall: () => Date.now(),
  };
}

/** Linux counts in hundredths of a second, Windows in ticks of a 64th, others in whole seconds. */
const UPTIME_STEP = process.platform === 'linux' || process.platform === 'win32' ? 16 : 1_000;
