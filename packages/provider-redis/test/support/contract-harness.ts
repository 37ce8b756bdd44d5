import { setTimeout as sleep } from 'node:timers/promises';
import { type LeaseProvider, SystemClock } from '@leased-jobs/core';
import type { AdoptedClient, ContractHarness } from '@leased-jobs/testing';
import type { Interference } from './interference.js';

export interface RedisSetup {
  readonly interference: Interference;
  readonly connect: () => Promise<LeaseProvider>;
  readonly adopt: () => Promise<AdoptedClient>;
  readonly restart: () => Promise<void>;
}

/** The contract's needs, met by a real Redis in real time, and by a proxy in front of it that makes trouble. */
export function redisHarness({ interference, ...setup }: RedisSetup): ContractHarness {
  return {
    ttl: 500,
    clock: new SystemClock(),
    connect: setup.connect,
    adopt: setup.adopt,
    elapse: (ms) => sleep(Math.ceil(ms)),
    freeze: async () => interference.freeze(),
    disturb: async (fault, nth) => interference.disturb(fault, nth),
    restart: setup.restart,
  };
}
