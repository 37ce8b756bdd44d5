import assert from 'node:assert/strict';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LeaseRefusal, SlotClaim } from '../../src/lease/lease-provider.js';
import {
  acquireLock,
  type LockState,
  NEW_LOCK,
  pauseJob,
  releaseLock,
  renewLock,
} from '../../src/lease/lock-rules.js';

type Step =
  | {
      readonly do: 'acquire';
      readonly grantId: string;
      readonly ttl: number;
      readonly job: SlotClaim | undefined;
    }
  | { readonly do: 'renew'; readonly grantId: string; readonly ttl: number }
  | {
      readonly do: 'release';
      readonly grantId: string;
      readonly name: string;
      readonly slot: number | undefined;
      readonly holdOff: number | undefined;
    }
  | { readonly do: 'pause'; readonly name: string; readonly paused: boolean }
  | { readonly do: 'wait'; readonly ms: number };

const grantId = fc.constantFrom('a', 'b', 'c');
const name = fc.constantFrom('one', 'two');
const ttl = fc.integer({ min: 1, max: 10 });
const slot = fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined });
const mark = fc.constantFrom('at-release', 'at-acquire');
const tolerance = fc.integer({ min: 0, max: 3 });
const job = fc.option(fc.record({ name, slot, mark, tolerance }), { nil: undefined });
const holdOff = fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined });
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('acquire'), grantId, ttl, job }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('renew'), grantId, ttl }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('release'), grantId, name, slot, holdOff }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('pause'), name, paused: fc.boolean() }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.integer({ min: 1, max: 6 }) }) },
  ),
  { maxLength: 100, size: 'max' },
);

describe('the rules of one lock, whatever is asked in whatever order', () => {
  it('grant one lease at a time, with tokens that grow, and no slot that counts as run', () => {
    const property = fc.property(steps, (history) => {
      const lock = new JudgedLock();
      for (const step of history) lock.take(step);
    });
    expect(() => {
      fc.assert(property, { numRuns: 300 });
    }).not.toThrow();
  });
});

/** A lock, and what an observer who sees every answer knows about it, kept in the plainest way. */
class JudgedLock {
  #state: LockState = frozen(NEW_LOCK);
  #now = 0;
  #lease: { readonly grantId: string; readonly until: number; readonly token: number } | null = null;
  #lastToken = 0;
  readonly #done = new Map<string, number>();
  readonly #heldOffUntil = new Map<string, number>();
  readonly #paused = new Set<string>();

  take(step: Step): void {
    switch (step.do) {
      case 'acquire':
        this.#acquire(step);
        break;
      case 'renew': {
        const next = renewLock(this.#state, { lock: 'x', grantId: step.grantId }, step.ttl, this.#time());
        assert.equal(next !== null, this.#isLive(step.grantId));
        if (next && this.#lease) this.#lease = { ...this.#lease, until: this.#now + step.ttl };
        this.#become(next);
        break;
      }
      case 'release': {
        const { name, slot, holdOff } = step;
        const note = { job: { name, slot, holdOff } };
        const next = releaseLock(this.#state, { lock: 'x', grantId: step.grantId }, note, this.#time());
        assert.equal(next !== null, this.#isLive(step.grantId));
        if (next) {
          this.#lease = null;
          if (slot !== undefined) this.#markDone(name, slot);
          if (holdOff !== undefined) this.#heldOffUntil.set(name, this.#now + holdOff);
        }
        this.#become(next);
        break;
      }
      case 'pause':
        this.#become(pauseJob(this.#state, step.name, step.paused));
        if (step.paused) this.#paused.add(step.name);
        else this.#paused.delete(step.name);
        break;
      case 'wait':
        this.#now += step.ms;
        break;
    }
  }

  #acquire({ grantId, ttl, job }: Extract<Step, { readonly do: 'acquire' }>): void {
    const request = { lock: 'x', grantId, holder: grantId, ttl, job };
    const answer = acquireLock(this.#state, request, this.#time());
    const repeated = this.#isLive(grantId);
    if ('refused' in answer) {
      assert.equal(repeated, false, 'a repeated attempt was refused');
      assert.ok(this.#reasons(job).includes(answer.refused), `refused as ${answer.refused} without reason`);
      assert.ok(answer.retryAfter >= 0);
      return;
    }
    const { fencingToken } = answer.grant;
    if (repeated) assert.equal(fencingToken, this.#lease?.token);
    else {
      assert.deepEqual(this.#reasons(job), [], 'granted all the same');
      assert.ok(fencingToken > this.#lastToken, 'a token that does not grow');
    }
    this.#lastToken = fencingToken;
    this.#lease = { grantId, until: this.#now + ttl, token: fencingToken };
    if (job?.slot !== undefined && job.mark === 'at-acquire') this.#markDone(job.name, job.slot);
    this.#become(answer.state);
  }

  /** All that speaks against a new grant. */
  #reasons(job: SlotClaim | undefined): readonly LeaseRefusal['refused'][] {
    const { slot = null, tolerance = 0 } = job ?? {};
    const reasons = {
      held: this.#lease !== null && this.#now < this.#lease.until,
      paused: job !== undefined && this.#paused.has(job.name),
      ahead: slot !== null && slot > this.#now + tolerance,
      done: job !== undefined && slot !== null && slot <= (this.#done.get(job.name) ?? -1),
      'not-due': job !== undefined && this.#now < (this.#heldOffUntil.get(job.name) ?? 0),
    };
    return Object.entries(reasons).flatMap(([reason, holds]) =>
      holds ? [reason as LeaseRefusal['refused']] : [],
    );
  }

  #isLive(grantId: string): boolean {
    return this.#lease?.grantId === grantId && this.#now < this.#lease.until;
  }

  #markDone(name: string, slot: number): void {
    this.#done.set(name, Math.max(slot, this.#done.get(name) ?? -1));
  }

  #time() {
    return { duration: this.#now, wall: this.#now };
  }

  /** A rule that wrote into the state that it was given would throw. */
  #become(next: LockState | null): void {
    if (next) this.#state = frozen(next);
  }
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) frozen(part);
    Object.freeze(value);
  }
  return value;
}
