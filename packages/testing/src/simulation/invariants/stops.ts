import type { HistoryEntry, Violation } from '../history.js';
import type { Scenario } from '../scenario.js';

/** Who is told to stop has stopped within its limit, and the second that is stated for closing. A pause does not count. */
export function checkStops(
  history: readonly HistoryEntry[],
  scenario: Scenario,
  drainTimeout: number,
): Violation[] {
  const violations: Violation[] = [];
  const stopping = new Map<string, number>();
  const late = (instance: string, took: number, at: number): void => {
    if (took <= drainTimeout / 0.99 + CLOSING + pausedFor(scenario, instance, at - took, at)) return;
    const message = `${instance} was told to stop ${Math.round(took)} ms ago; its limit is ${drainTimeout} ms.`;
    violations.push({ invariant: 'stops-in-time', message, at });
  };
  for (const { type, instance, at } of history) {
    if (type === 'stopping') stopping.set(instance, at);
    if (type !== 'stopped' && type !== 'crashed' && type !== 'open') continue;
    const since = stopping.get(instance);
    stopping.delete(instance);
    if (since !== undefined) late(instance, at - since, at);
  }
  return violations;
}

function pausedFor({ faults }: Scenario, instance: string, from: number, to: number): number {
  return faults
    .filter((fault) => fault.kind === 'pause' && `web-${fault.instance}` === instance)
    .reduce((sum, { at, lasts }) => sum + Math.max(0, Math.min(to, at + lasts) - Math.max(from, at)), 0);
}

/** Once all have stopped and all handlers have ended, no timer, watch or call is left. */
export function checkHandles(history: readonly HistoryEntry[]): Violation[] {
  return history.flatMap((entry) => {
    if (entry.type !== 'open' || entry.handles === 0) return [];
    const message = `${entry.instance} has left ${entry.handles} timers, watches or calls.`;
    return [{ invariant: 'nothing-left', message, at: entry.at }];
  });
}

/** Milliseconds. */
const CLOSING = 1_000;
