import { type LeaseProvider, MemoryLeaseProvider, MemoryStore } from '@leased-jobs/core';
import { type ContractHarness, ManualClock, Wire, WiredProvider } from '../../src/index.js';

/** Where a test may put something broken into the way between an instance and the store. */
export interface Layers {
  /** What answers at the store's end of the wire. */
  readonly server: (store: MemoryStore) => LeaseProvider;
  /** What an instance asks, at its own end. */
  readonly client: (wired: LeaseProvider, store: MemoryStore) => LeaseProvider;
}

/** The contract's needs, met by memory: a manual clock, and a wire that can fail between instances and store. */
export function memoryHarness(layers: Partial<Layers> = {}): ContractHarness {
  const { server = (store) => new MemoryLeaseProvider(store), client = (wired) => wired } = layers;
  const clock = new ManualClock();
  const shared = new MemoryStore(clock);
  const wire = new Wire();
  const connectTo = (store: MemoryStore) => client(new WiredProvider(server(store), wire), store);

  return {
    ttl: 10_000,
    clock,
    connect: async () => connectTo(shared),
    adopt: async () => {
      const owned = new MemoryStore(clock);
      return { provider: connectTo(owned), works: async () => owned.locks.size > 0 };
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
