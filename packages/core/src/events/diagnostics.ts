import { channel } from 'node:diagnostics_channel';

/**
 * Publishes an event on the channel `leased-jobs` of `node:diagnostics_channel`, for tools that know nothing of us.
 * Node treats what a subscriber there throws as an uncaught exception: that is between it and Node.
 */
export function publishDiagnostics(event: object): void {
  if (events.hasSubscribers) events.publish(event);
}

const events = channel('leased-jobs');
