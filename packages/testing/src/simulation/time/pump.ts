import { setImmediate } from 'node:timers';

/**
 * Calls `step` until it returns `false`. Between two calls all promise chains run to their ends: Node empties its queues
 * after each callback, also between those of one turn of the event loop. Many callbacks in one turn cost a third of a
 * turn for each.
 */
export function pump(step: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let going = true;
    const once = (): void => {
      if (!going) return;
      try {
        going = step();
        if (!going) resolve();
      } catch (thrown) {
        going = false;
        reject(thrown);
      }
    };
    const turn = (): void => {
      if (!going) return;
      for (let call = 0; call < CALLS; call++) setImmediate(once);
      setImmediate(turn);
    };
    turn();
  });
}

const CALLS = 64;
