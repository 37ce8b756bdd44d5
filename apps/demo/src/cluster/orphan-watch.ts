/**
 * Calls `orphaned` once the process that has started this one is gone. Only if that was `npm`: it runs a script in a
 * shell, and a SIGTERM to `npm` ends that shell and nothing else. Started by hand, this process may outlive a terminal.
 */
export function onOrphaned(orphaned: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const starter = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === starter) return;
    clearInterval(timer);
    orphaned();
  }, PERIOD);
  timer.unref();
}

/** Milliseconds. */
const PERIOD = 500;
