import assert from 'node:assert/strict';
import type { LeaseProvider, SlotClaim } from '@leased-jobs/core';
import { bounded } from './bounded.js';
import type { ContractHarness, Disturbance, Fault } from './contract-harness.js';
import { Instance } from './instance.js';

/** What one case works with: the harness, a lock, and the duty to leave nothing behind. */
export class Bench {
  readonly #cleanups: (() => Promise<void>)[] = [];
  readonly #firstSlot: number;
  #instances = 0;
  #granularity = 0;

  constructor(
    readonly harness: ContractHarness,
    readonly lock: string,
  ) {
    this.#firstSlot = Math.floor(harness.clock.wall()) - 24 * 3_600_000;
  }

  /** For leases that a case lets expire. Milliseconds. */
  get ttl(): number {
    return this.harness.ttl;
  }

  /** Waits until a lease of `ttl` that is granted or renewed by now has expired, as late as that may be. */
  expire(): Promise<void> {
    return this.elapse(this.ttl);
  }

  /** Lets the store find that this much time has passed, by a clock as coarse as its own. */
  elapse(ms: number): Promise<void> {
    return this.harness.elapse(ms + this.#granularity + 1);
  }

  async connect(): Promise<Instance> {
    return this.#instanceOn(await this.harness.connect());
  }

  async adopt(): Promise<{ readonly instance: Instance; works(): Promise<boolean> }> {
    const adopted = await this.harness.adopt();
    return { instance: this.#instanceOn(adopted.provider), works: () => adopted.works() };
  }

  async freeze(): Promise<() => Promise<void>> {
    const thaw = once(await this.harness.freeze());
    this.#cleanups.push(thaw);
    return thaw;
  }

  /** Runs a check that disturbs one call's first request, then its second, and so on until there is none to disturb. */
  async forEachRequest(check: (nth: number) => Promise<Disturbance>): Promise<void> {
    for (let nth = 1; nth <= MAX_REQUESTS; nth++) {
      const { struck } = await check(nth);
      if (!struck) return assert.ok(nth > 1, 'the harness disturbed no request');
    }
    assert.fail(`one call makes more than ${MAX_REQUESTS} requests`);
  }

  async disturb(fault: Fault, nth: number): Promise<Disturbance> {
    const disturbance = await this.harness.disturb(fault, nth);
    const end = once(() => disturbance.end());
    this.#cleanups.push(end);
    return {
      get struck() {
        return disturbance.struck;
      },
      end,
    };
  }

  /** Epoch milliseconds of a slot of a while ago: the later, the greater `n`. */
  slot(n: number): number {
    return this.#firstSlot + n * 60_000;
  }

  claim(name: string, slot?: number, rest: Partial<SlotClaim> = {}): SlotClaim {
    return { name, mark: 'at-release', tolerance: 5_000, ...(slot !== undefined && { slot }), ...rest };
  }

  /** Ends all trouble first, so that what is closed then can say goodbye. */
  async close(): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0).toReversed()) await bounded(cleanup);
  }

  #instanceOn(provider: LeaseProvider): Instance {
    const { minTtl, maxTtl, granularity } = provider.limits;
    const ttl = Math.max(minTtl, Math.min(30_000, maxTtl));
    const instance = new Instance(provider, `instance-${++this.#instances}`, { lock: this.lock, ttl });
    this.#granularity = granularity;
    this.#cleanups.unshift(() => instance.close());
    return instance;
  }
}

function once(step: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= step());
}

const MAX_REQUESTS = 50;
