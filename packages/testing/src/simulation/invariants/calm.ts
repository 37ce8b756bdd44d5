import type { Scenario } from '../scenario.js';

/** Whether nothing goes wrong from one moment to another, but that who is down stays down, and that who comes back comes back. */
export function isCalm({ faults }: Scenario, from: number, to: number): boolean {
  return !faults.some(({ kind, at, lasts }) =>
    kind === 'crash' || kind === 'drain'
      ? at >= from && at <= to
      : at <= to && at + lasts + LATE_MESSAGES >= from,
  );
}

/** For so many milliseconds after a fault of the network, what was sent meanwhile may still arrive. */
const LATE_MESSAGES = 5_000;
