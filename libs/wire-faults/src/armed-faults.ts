import type { Fault } from './fault.js';
import type { WireMessage } from './framing/framer.js';

export interface Aim {
  /** Which requests count. Default: all. */
  readonly at?: (request: WireMessage) => boolean;
  /** Which of them is struck, from 1. Default: the next. */
  readonly nth?: number;
  /** From that one on, every how manyth is struck. Default: 1, one after another. */
  readonly every?: number;
  /** How many are struck in all. Default: 1. */
  readonly times?: number;
}

/** One fault that waits for its requests. */
export interface ArmedFault {
  /** How many requests it has struck. */
  readonly struck: number;
  disarm(): void;
}

/** The faults that wait. A request is struck by the first whose turn it is; the others count it all the same. */
export class ArmedFaults {
  readonly #waiting = new Set<(request: WireMessage, taken: boolean) => Fault | null>();

  arm(fault: Fault, { at = () => true, nth = 1, every = 1, times = 1 }: Aim = {}): ArmedFault {
    let seen = 0;
    const state = { struck: 0 };
    const judge = (request: WireMessage, taken: boolean): Fault | null => {
      if (!at(request)) return null;
      seen++;
      if (taken || seen < nth || (seen - nth) % every !== 0) return null;
      if (++state.struck === times) this.#waiting.delete(judge);
      return fault;
    };
    this.#waiting.add(judge);
    return Object.assign(state, { disarm: () => void this.#waiting.delete(judge) });
  }

  faultFor(request: WireMessage): Fault | null {
    let struck: Fault | null = null;
    for (const judge of this.#waiting) struck = judge(request, struck !== null) ?? struck;
    return struck;
  }
}
