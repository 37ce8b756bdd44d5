import { once } from 'node:events';
import type { Lease } from '@leased-jobs/core';
import { ControlTimer } from './event-loop.js';

/** Milliseconds, both: how late a holder was told that its lease is lost, and how late a bare timer was. */
export interface Lateness {
  readonly signal: number;
  readonly control: number;
}

/** Waits for the loss of a lease that nobody can renew any more. Call it when nothing passes already. */
export async function latenessOf(lease: Lease): Promise<Lateness> {
  const deadline = performance.now() + lease.remaining;
  const control = new ControlTimer(deadline);
  const limit = AbortSignal.timeout(Math.ceil(lease.remaining) + 10_000);
  if (!lease.signal.aborted) await once(lease.signal, 'abort', { signal: limit });
  return { signal: performance.now() - deadline, control: control.stop() };
}
