import {
  type AcquireRequest,
  type GrantProof,
  type LeaseGrant,
  type LeaseProvider,
  type MemoryStore,
  type ReleaseNote,
} from '@leased-jobs/core';
import { DRAIN_TIMEOUT } from '../../src/simulation/phases.js';
import { RecordingStore } from '../../src/simulation/simulated-store.js';
import type { SimulationSeams } from '../../src/simulation/simulate.js';
import type { Witness } from '../../src/simulation/witness.js';

/** Cores with one mistake each, made where the simulation lets something be put in between. */
export const brokenCores: Readonly<Record<string, SimulationSeams>> = {
  'a release that asks not whose the lease is': {
    store: (store, witness) => new BlindRelease(store, witness),
  },
  'an unanswered attempt that counts as granted': {
    provider: (provider) => ({ ...provider, acquire: heldIfUnknown(provider) }),
  },
  'an unanswered renewal that counts as done, so that no deadline is ever reached': {
    provider: (provider) => ({ ...provider, renew: renewedIfUnknown(provider) }),
  },
  'validity that is counted from the answer': countedFromTheAnswer(),
  'a store that does not guard slots': {
    provider: (provider) => ({
      ...provider,
      acquire: ({ lock, grantId, holder, ttl }, signal) =>
        provider.acquire({ lock, grantId, holder, ttl }, signal),
    }),
  },
  'tokens that stay the same': {
    provider: (provider) => ({ ...provider, acquire: withConstantToken(provider) }),
  },
  'renewals that are sent after the release': { provider: (provider) => renewsAfterRelease(provider) },
  'a loss that is taken for a failure': {
    provider: (provider) => ({ ...provider, renew: failsIfLost(provider), renewMany: undefined }),
  },
  'a report that does not say which slot was run': {
    provider: (provider) => ({
      ...provider,
      release: (grant, _note, signal) => provider.release(grant, {}, signal),
    }),
  },
  'a shutdown without a limit': {
    clock: (clock) => ({
      wall: () => clock.wall(),
      monotonic: () => clock.monotonic(),
      setTimer: (delay, callback, keepAlive) =>
        delay === DRAIN_TIMEOUT ? { cancel: () => {} } : clock.setTimer(delay, callback, keepAlive),
    }),
  },
  'a watch that is never closed': {
    provider: (provider) => ({
      ...provider,
      ...(provider.watch && {
        watch: (lock, onRelease) => {
          provider.watch?.(lock, onRelease);
          return { close: () => {} };
        },
      }),
      close: async () => {},
    }),
  },
};

class BlindRelease extends RecordingStore {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore, witness: Witness) {
    super(store, witness);
    this.#store = store;
  }

  override async release(grant: GrantProof, note: ReleaseNote, signal: AbortSignal): Promise<void> {
    const live = this.#store.locks.get(grant.lock)?.lease;
    if (live) await super.release({ lock: grant.lock, grantId: live.grantId }, note, signal);
  }
}

function heldIfUnknown(provider: LeaseProvider): LeaseProvider['acquire'] {
  return async (request: AcquireRequest, signal) => {
    try {
      return await provider.acquire(request, signal);
    } catch {
      return { lock: request.lock, grantId: request.grantId, fencingToken: 1, lastSlot: null };
    }
  };
}

function renewedIfUnknown(provider: LeaseProvider): LeaseProvider['renew'] {
  return (grant, ttl, signal) => provider.renew(grant, ttl, signal).catch(() => true);
}

function failsIfLost(provider: LeaseProvider): LeaseProvider['renew'] {
  return async (grant, ttl, signal) => {
    if (await provider.renew(grant, ttl, signal)) return true;
    throw new Error('The store refused to renew.');
  };
}

function withConstantToken(provider: LeaseProvider): LeaseProvider['acquire'] {
  return async (request, signal) => {
    const answer = await provider.acquire(request, signal);
    return 'refused' in answer ? answer : { ...answer, fencingToken: 7 };
  };
}

function renewsAfterRelease(provider: LeaseProvider): LeaseProvider {
  return {
    ...provider,
    release: async (grant, note, signal) => {
      await provider.release(grant, note, signal);
      await provider.renew(grant as LeaseGrant, 3_000, signal);
    },
  };
}

/**
 * The time that a call was under way is taken off the clock which leases are measured by, so that they begin when the
 * answer comes. An instance is given its provider first, and its clock right after it.
 */
function countedFromTheAnswer(): SimulationSeams {
  let latest = { takenOff: 0 };
  return {
    provider: (provider, instance) => {
      const late = { takenOff: 0 };
      latest = late;
      const timed = async <T>(call: () => Promise<T>): Promise<T> => {
        const sentAt = instance.clock.monotonic();
        const answer = await call();
        late.takenOff += instance.clock.monotonic() - sentAt;
        return answer;
      };
      return {
        ...provider,
        acquire: (request, signal) => timed(() => provider.acquire(request, signal)),
        renew: (grant, ttl, signal) => timed(() => provider.renew(grant, ttl, signal)),
      };
    },
    clock: (clock) => {
      const late = latest;
      return {
        wall: () => clock.wall() - late.takenOff,
        monotonic: () => clock.monotonic() - late.takenOff,
        setTimer: (delay, callback, keepAlive) => clock.setTimer(delay, callback, keepAlive),
      };
    },
  };
}
