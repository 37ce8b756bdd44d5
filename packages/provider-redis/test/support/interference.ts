import type { Disturbance, Fault } from '@leased-jobs/testing';
import type { RespCommand } from './resp-commands.js';

/**
 * How trouble shows.
 * - `broken`: the connection breaks.
 * - `told`: a refused command is answered with an error, a lost answer never comes. A client that sends again what a
 *   broken connection has cost it sees nothing of that before the trouble is over.
 */
export type Manner = 'broken' | 'told';

type Verdict = { readonly fault: Fault; readonly over: Promise<void> } | null;

/** What befalls the commands on their way to one store, over whichever connection they come. */
export class Interference {
  readonly commands: RespCommand[] = [];
  readonly #armed = new Set<{ readonly fault: Fault; left: number; readonly over: Promise<void> }>();
  /** What a client whose answer was lost will send again, because its connection then breaks. */
  readonly #expected = new Set<string>();
  #frozen: Promise<void> | null = null;

  constructor(readonly manner: Manner) {}

  /** Resolves when nothing is frozen any more. */
  get passable(): Promise<void> | null {
    return this.#frozen;
  }

  freeze(): () => Promise<void> {
    let thaw = (): void => {};
    this.#frozen = new Promise((resolve) => (thaw = resolve));
    return async () => {
      this.#frozen = null;
      thaw();
    };
  }

  disturb(fault: Fault, nth: number): Disturbance {
    let finish = (): void => {};
    const over = new Promise<void>((resolve) => (finish = resolve));
    const armed = { fault, left: nth, over };
    this.#armed.add(armed);
    return {
      get struck() {
        return armed.left <= 0;
      },
      end: async () => {
        this.#armed.delete(armed);
        finish();
      },
    };
  }

  /** What is to become of a command. Those with which a client sets up a connection are let through. */
  judge(command: RespCommand): Verdict {
    if (SETTING_UP.has(command.name) || this.#expected.delete(command.words.join())) return null;
    this.commands.push(command);
    let verdict: Verdict = null;
    for (const armed of this.#armed) if (--armed.left === 0) verdict = armed;
    if (this.manner === 'told' && verdict?.fault === 'answer-lost') this.#expected.add(command.words.join());
    return verdict;
  }
}

const SETTING_UP = new Set([
  'HELLO',
  'AUTH',
  'CLIENT',
  'INFO',
  'SELECT',
  'CLUSTER',
  'ASKING',
  'READONLY',
  'READWRITE',
  'SUBSCRIBE',
  'UNSUBSCRIBE',
]);
