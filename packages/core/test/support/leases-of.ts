import { type LeaseEvent, Leases } from '@leased-jobs/core';
import { SeededRandom } from '@leased-jobs/testing';
import type { ScriptedProvider } from './scripted-provider.js';

export interface LeasesWithEvents {
  readonly leases: Leases;
  readonly events: readonly LeaseEvent[];
}

/**
 * The leases of one instance, of 10 s unless told otherwise, and what they have told. Two instances need a `random` each:
 * grant ids are made of it.
 */
export function leasesOf(
  provider: ScriptedProvider,
  options: Partial<ConstructorParameters<typeof Leases>[0]> = {},
): LeasesWithEvents {
  const events: LeaseEvent[] = [];
  const leases = new Leases({
    provider,
    clock: provider.clock,
    random: new SeededRandom(1),
    emit: (event) => void events.push(event),
    instance: 'web-1',
    namespace: '',
    ttl: 10_000,
    ...options,
  });
  return { leases, events };
}
