import { type LeaseProvider, MemoryLeaseProvider, MemoryStore } from '@leased-jobs/core';
import { type ContractHarness, ManualClock, Wire, WiredProvider } from '../../src/index.js';

/** The contract's needs, met by memory: a manual clock, and a wire that can fail between instances and store. */
export function memoryHarness(
  providerOn: (store: MemoryStore) => LeaseProvider = (store) => new MemoryLeaseProvider(store),
): ContractHarness {
  const clock = new ManualClock();
  const store = new MemoryStore(clock);
  const wire = new Wire();
  const connectTo = (shared: MemoryStore) => new WiredProvider(providerOn(shared), wire);

  return {
    ttl: 10_000,
    clock,
    connect: async () => connectTo(store),
    adopt: async () => {
      const owned = new MemoryStore(clock);
      const works = async () => owned.locks.size > 0 && owned.now().duration >= 0;
      return { provider: connectTo(owned), works };
    },
    elapse: (ms) => clock.advance(ms),
    freeze: async () => {
      const thaw = wire.freeze();
      return async () => {
        thaw();
      };
    },
    disturb: async (fault, nth) => {
      const disturbance = wire.disturb(fault, nth);
      return {
        get struck() {
          return disturbance.struck;
        },
        end: async () => {
          disturbance.end();
        },
      };
    },
    // The memory of a process is not durable: a store that lives on is all the restart there is.
    restart: async () => undefined,
  };
}
