import type { Entry } from '../journal/entry.js';
import { grouped } from './runs.js';

/**
 * What became of the instances: the only excuses that a history knows beside what a run says of itself.
 *
 * `settleTime` is how long a live instance may take over what it does at once: to notice a loss when it is thawed, to
 * give a lease back when its run has ended. It is also how late the cluster may hear of an exit.
 */
export class Fates {
  readonly #lives: ReadonlyMap<string, Life>;
  readonly #settleTime: number;

  constructor(entries: readonly Entry[], settleTime: number) {
    this.#lives = new Map(
      [...grouped(entries, ({ instance }) => instance)].map(([instance, own]) => [instance, lifeOf(own)]),
    );
    this.#settleTime = settleTime;
  }

  /** Was the instance dead at that moment? It was not if it wrote anything after it. */
  diedBy(instance: string, moment: number): boolean {
    const { killed, exited, lastWords } = this.#lives.get(instance) ?? UNTOUCHED;
    if (lastWords > moment) return false;
    return killed === null ? exited !== null && exited <= moment + this.#settleTime : killed <= moment;
  }

  /** Was the instance frozen at that moment, or has it been thawed too recently to have noticed? */
  frozenLately(instance: string, moment: number): boolean {
    return this.#frozenWithin(instance, moment - this.#settleTime, moment);
  }

  /**
   * May what the instance wrote last, at that moment, have come to nothing at the store? It may if the instance was
   * killed, crashed or was frozen around then. One that has said `stopped` did its releases before.
   */
  cutShort(instance: string, moment: number): boolean {
    const { killed, exited, stopped } = this.#lives.get(instance) ?? UNTOUCHED;
    const end = stopped ? null : (killed ?? exited);
    const until = moment + this.#settleTime;
    if (end !== null && end >= moment && end <= until) return true;
    return this.#frozenWithin(instance, moment - this.#settleTime, until);
  }

  #frozenWithin(instance: string, from: number, to: number): boolean {
    const { freezes } = this.#lives.get(instance) ?? UNTOUCHED;
    return freezes.some((freeze) => freeze.from <= to && freeze.to >= from);
  }
}

interface Life {
  readonly killed: number | null;
  readonly exited: number | null;
  readonly stopped: boolean;
  /** When the instance itself wrote last. */
  readonly lastWords: number;
  readonly freezes: readonly Freeze[];
}

interface Freeze {
  readonly from: number;
  readonly to: number;
}

const UNTOUCHED: Life = { killed: null, exited: null, stopped: false, lastWords: -Infinity, freezes: [] };

function lifeOf(entries: readonly Entry[]): Life {
  const freezes: { from: number; to: number }[] = [];
  let life = UNTOUCHED;
  for (const { kind, at } of entries) {
    if (kind === 'killed') life = { ...life, killed: life.killed ?? at };
    else if (kind === 'exited') life = { ...life, exited: at };
    else if (kind === 'frozen') freezes.push({ from: at, to: Infinity });
    else if (kind === 'thawed') endFreezes(freezes, at);
    else {
      life = { ...life, lastWords: at, stopped: life.stopped || kind === 'stopped' };
      // Whoever cannot turn its event loop is as good as frozen.
      if (kind === 'blocked') freezes.push({ from: at, to: Infinity });
      else if (kind === 'unblocked') endFreezes(freezes, at);
    }
  }
  return { ...life, freezes };
}

function endFreezes(freezes: { from: number; to: number }[], at: number): void {
  for (const freeze of freezes) freeze.to = Math.min(freeze.to, at);
}
