/**
 * Calls `work`, and `stop` if this process is told to end meanwhile.
 *
 * Nest calls the bootstrap hooks before an app context is returned, so nobody can have enabled its shutdown hooks by then. A
 * signal would end the process in the middle of the work, and the lock of a process that is gone is another instance's at
 * once, whatever the child processes of the first still do. A signal that somebody else listens for is left to them.
 *
 * Then the signal is sent again, so that the process ends as it would have. That comes before the rejection is told, for who
 * sees that first may exit with a code of its own. A second signal finds nobody listening, and ends the process at once.
 *
 * @param stop Must not reject.
 * @throws what `work` throws, or InterruptedStartError if it has ended well although it was to stop.
 */
export async function stoppedBySignals(
  work: () => Promise<void>,
  stop: () => Promise<void>,
  target: SignalTarget = process,
): Promise<void> {
  const signals = SIGNALS.filter((signal) => target.listenerCount(signal) === 0);
  let stopped: { readonly by: NodeJS.Signals; readonly ended: Promise<void> } | undefined;
  const stopListening = (): void => {
    for (const signal of signals) target.off(signal, onSignal);
  };
  const onSignal = (by: NodeJS.Signals): void => {
    stopListening();
    stopped = { by, ended: stop().then(() => endBy(by, target)) };
  };
  for (const signal of signals) target.on(signal, onSignal);
  try {
    await work();
  } finally {
    stopListening();
    await stopped?.ended;
  }
  // Still here: somebody listens by now, or this is the first process of a container, which no signal of its own ends.
  if (stopped) throw new InterruptedStartError(stopped.by);
}

/** What this needs of the process. */
export interface SignalTarget {
  readonly pid: number;
  listenerCount(signal: NodeJS.Signals): number;
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  kill(pid: number, signal: NodeJS.Signals): unknown;
}

/** The app may not go on: its jobs have been stopped for good. */
class InterruptedStartError extends Error {
  override readonly name = 'InterruptedStartError';

  constructor(signal: NodeJS.Signals) {
    super(`The app was told to stop by ${signal} while it started.`);
  }
}

function endBy(signal: NodeJS.Signals, target: SignalTarget): void {
  if (target.listenerCount(signal) === 0) target.kill(target.pid, signal);
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
