import type { Fault, Scenario } from '../scenario.js';

/** Whether nothing goes wrong from one moment to another, but that who is down stays down, and that who comes back comes back. */
export function isCalm(
  { faults }: Scenario,
  from: number,
  to: number,
  { but }: { readonly but?: Fault['kind'] } = {},
): boolean {
  return !faults.some(({ kind, at, lasts }) => {
    if (kind === but) return false;
    if (kind === 'crash' || kind === 'drain') return at >= from && at <= to;
    return at <= to && at + lasts + LATE_MESSAGES >= from;
  });
}

/** For so many milliseconds after a fault of the network, what was sent meanwhile may still arrive. */
const LATE_MESSAGES = 5_000;
