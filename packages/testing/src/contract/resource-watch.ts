import { createHook } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ResourceWatch {
  /** What was opened since the watch began and is open still, once what is being closed has had its time. */
  left(): Promise<readonly string[]>;
  end(): void;
}

/**
 * Watches timers, sockets, pipes, watchers and child processes, also those that do not keep the process alive. Files
 * and promises are left out, for Node does not tell when they end.
 */
export function watchResources(): ResourceWatch {
  const open = new Map<number, string>();
  let watching = true;
  const hook = createHook({
    init(id, type) {
      if (watching && WATCHED.test(type)) open.set(id, type);
    },
    destroy(id) {
      open.delete(id);
    },
  }).enable();

  return {
    async left() {
      watching = false;
      for (let waited = 0; open.size > 0 && waited < PATIENCE; waited += STEP) await sleep(STEP);
      return [...open.values()].toSorted();
    },
    end() {
      hook.disable();
    },
  };
}

const WATCHED =
  /^(Timeout|TCPWRAP|TCPSERVERWRAP|PIPEWRAP|UDPWRAP|FSEVENTWRAP|STATWATCHER|PROCESSWRAP|WORKER)$/;

/** Milliseconds: a socket that was told to close has done so by then. */
const PATIENCE = 1_000;
const STEP = 10;
