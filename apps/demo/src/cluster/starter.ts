/** What an instance tells the process that has started it, if that is `cluster.js`. */
export interface StarterMessage {
  readonly kind: 'listening';
}

export function tellStarter(message: StarterMessage): void {
  if (process.connected) process.send?.(message);
}

/**
 * Makes sure that an instance does not outlive the `cluster.js` that has started it, however that ended: the channel
 * between them breaks with it. The instance then drains as if it had been sent SIGTERM. Does nothing for an instance
 * that was started by hand.
 */
export function endWithStarter(): void {
  if (!process.connected) return;
  // Nobody reads any more what is written while draining, and that must not end it.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  process.once('disconnect', () => {
    setTimeout(() => process.exit(1), DRAIN_LIMIT).unref();
    process.kill(process.pid, 'SIGTERM');
  });
}

/** Milliseconds. Longer than an app drains by default. */
const DRAIN_LIMIT = 15_000;
