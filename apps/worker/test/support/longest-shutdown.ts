import {
  interval,
  JobEngine,
  type LeaseGrant,
  type LeaseRefusal,
  MemoryLeaseProvider,
  MemoryStore,
} from '@leased-jobs/core';
import { ManualClock } from '@leased-jobs/testing';

/** A store that has granted one lock, and then answers nothing any more. */
class DeadStore extends MemoryLeaseProvider {
  override acquire(...asked: Parameters<MemoryLeaseProvider['acquire']>): Promise<LeaseGrant | LeaseRefusal> {
    return asked[0].lock === 'endless' ? super.acquire(...asked) : never();
  }

  override release(): Promise<void> {
    return never();
  }

  override close(): Promise<void> {
    return never();
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}

/** How many milliseconds a shutdown with default settings takes if neither a run nor the store lets it go. */
export async function longestShutdown(): Promise<number> {
  const clock = new ManualClock();
  const engine = new JobEngine({ provider: new DeadStore(new MemoryStore(clock)), clock });
  for (const name of ['endless', 'asked for']) {
    engine.add({ name, schedule: interval(60_000), handler: never, jitter: 0 });
  }
  engine.start();
  await clock.advance(60_000);
  if (![...engine.jobs()].some(({ running }) => running)) throw new Error('The endless run has not begun.');
  const from = clock.monotonic();
  let closed = false;
  void engine.close().then(() => (closed = true)); // It never rejects.
  while (!closed) await clock.advance(10);
  return clock.monotonic() - from;
}
