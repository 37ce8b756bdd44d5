import { expect } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { bound, ControlAttempts } from './control-attempts.js';
import { Instance } from './instance.js';
import type { WireStore } from './wire-store.js';

/** Another instance, over a connection that nothing disturbs, is granted the lock, under a greater token. */
export async function expectFreeSoon(
  store: WireStore,
  lock: string,
  { within, after }: { readonly within: number; readonly after: number },
): Promise<void> {
  await using successor = new Instance(store, 'successor');
  await using control = new ControlAttempts(store, lock);
  const begun = performance.now();
  let lease = await successor.leases.tryAcquire(lock);
  while (!lease && performance.now() - begun < 30_000) {
    await sleep(50);
    lease = await successor.leases.tryAcquire(lock);
  }
  const waited = performance.now() - begun;
  if (!lease) throw new Error(`The lock "${lock}" was still held after ${Math.round(waited)} ms.`);
  expect(waited).toBeLessThan(bound(within, await control.stop()));
  expect(lease.fencingToken).toBeGreaterThan(after);
  await lease.release();
}
