import type { HistoryEntry } from '../history.js';
import type { Scenario } from '../scenario.js';

/** One process of an instance: from its start until it crashed or was told to stop. Moments of the world. */
export interface Life {
  readonly instance: string;
  readonly from: number;
  readonly to: number;
}

export function livesOf(history: readonly HistoryEntry[], { instances }: Scenario): readonly Life[] {
  const lives: Life[] = [];
  const begun = new Map(instances.map((_, n) => [`web-${n}`, 0]));
  const end = (instance: string, to: number): void => {
    const from = begun.get(instance);
    if (from !== undefined) lives.push({ instance, from, to });
    begun.delete(instance);
  };
  for (const { type, instance, at } of history) {
    if (type === 'crashed' || type === 'stopping') end(instance, at);
    else if (type === 'restarted') begun.set(instance, at);
  }
  for (const [instance, from] of begun) lives.push({ instance, from, to: Infinity });
  return lives;
}

/** When an instance came back to a cluster of which nobody was up. */
export interface Revival {
  readonly instance: string;
  readonly at: number;
}

export function revivalsOf(lives: readonly Life[]): readonly Revival[] {
  return lives
    .filter(({ from }) => from > 0 && !lives.some((other) => other.from < from && other.to >= from))
    .map(({ instance, from }) => ({ instance, at: from }));
}
