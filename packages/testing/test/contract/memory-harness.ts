import { type LeaseProvider, MemoryLeaseProvider, MemoryStore } from '@leased-jobs/core';
import { type ContractHarness, ManualClock, Wire, WiredProvider } from '@leased-jobs/testing';

/** What the contract needs, on memory: a manual clock, and a wire to the store that can fail. */
export function memoryHarness(connectTo: Connect = connectToMemory): ContractHarness {
  const clock = new ManualClock();
  const store = new MemoryStore(clock);
  const wire = new Wire();
  return {
    ttl: 10_000,
    clock,
    connect: async () => connectTo(store, wire),
    adopt: async () => {
      const owned = new MemoryStore(clock);
      return { provider: connectTo(owned, wire), works: async () => owned.locks.size > 0 };
    },
    elapse: (ms) => clock.advance(ms),
    freeze: async () => wire.freeze(),
    disturb: async (fault, nth) => wire.disturb(fault, nth),
    // The memory of a process does not outlive it: that the store lives on is all the restart there is.
    restart: async () => undefined,
  };
}

export type Connect = (store: MemoryStore, wire: Wire) => LeaseProvider;

export const connectToMemory: Connect = (store, wire) =>
  new WiredProvider(new MemoryLeaseProvider(store), wire);
