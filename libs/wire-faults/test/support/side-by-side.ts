import { afterAll, beforeAll, describe, it } from '@jest/globals';
import type { WireStore } from './wire-store.js';

/** What is done on one store, and shown by that. */
export interface Case {
  readonly title: string;
  readonly show: (store: WireStore, lock: string) => Promise<void>;
}

/**
 * A test for each case. Cases mostly wait, so they go on side by side, each with a lock, a connection and a wire of its
 * own; `width` of them, so that they do not measure how busy they keep the machine together.
 */
export function describeSideBySide(
  subject: string,
  open: () => Promise<WireStore>,
  { cases, width = cases.length }: { readonly cases: readonly Case[]; readonly width?: number },
): void {
  describe('over a wire with faults', () => {
    const outcomes = new Map<Case, PromiseSettledResult<void>>();
    let store: WireStore | undefined;

    beforeAll(async () => {
      const opened = (store = await open());
      const waiting = cases.map((shown, n) => [shown, `lock-${n}`] as const);
      const worker = async (): Promise<void> => {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          const [shown, lock] = next;
          const [outcome] = await Promise.allSettled([shown.show(opened, lock)]);
          outcomes.set(shown, outcome);
        }
      };
      await Promise.all(Array.from({ length: width }, worker));
    }, LIMIT);

    const run = (shown: Case): void => {
      const outcome = outcomes.get(shown);
      if (outcome?.status !== 'fulfilled') throw outcome?.reason ?? new Error('It was not shown.');
    };
    for (const shown of cases) it(`${subject} ${shown.title}`, () => run(shown));

    afterAll(async () => {
      await store?.[Symbol.asyncDispose]();
    }, LIMIT);
  });
}

/** Milliseconds. */
const LIMIT = 150_000;
