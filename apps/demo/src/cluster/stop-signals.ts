/**
 * Calls `first` when this process is asked to end, and `again` each time that is repeated.
 *
 * One Ctrl-C may arrive twice: the terminal sends it to everybody in the foreground, and `npm` passes on what it gets.
 */
export function onStopSignals(first: () => void, again: () => void): void {
  let askedAt: number | null = null;
  const ask = (): void => {
    const now = performance.now();
    if (askedAt === null) {
      askedAt = now;
      first();
    } else if (now - askedAt > SAME_KEYPRESS) again();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ask);
}

/** Milliseconds. */
const SAME_KEYPRESS = 500;
