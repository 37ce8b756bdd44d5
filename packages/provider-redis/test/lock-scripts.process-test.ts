import { type RedisServer, startRedis } from '@leased-jobs/backends';
import {
  isRefusal,
  type LeaseGrant,
  type LeaseProvider,
  type LeaseRefusal,
  type LockRecord,
  MemoryLeaseProvider,
  MemoryStore,
  type ReleaseNote,
  type SlotClaim,
} from '@leased-jobs/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { leaseProviderFromEnv } from '../src/index.js';
import { soon } from './support/instance.js';

type Step =
  | { readonly do: 'acquire'; readonly grantId: string; readonly job: SlotClaim | undefined }
  | { readonly do: 'renew'; readonly grantId: string }
  | { readonly do: 'release'; readonly grantId: string; readonly job: ReleaseNote['job'] }
  | { readonly do: 'pause'; readonly name: string; readonly paused: boolean }
  | { readonly do: 'expire' };

const NOW = Date.now();
const HOUR = 3_600_000;
const grantId = fc.constantFrom('a', 'ab', 'c');
const name = fc.constantFrom('one', 'two:slot', '');
const slot = fc.constantFrom(undefined, NOW - 3 * HOUR, NOW - 2 * HOUR, NOW - HOUR, NOW + HOUR);
const job = fc.option(
  fc.record({
    name,
    slot,
    mark: fc.constantFrom('at-release', 'at-acquire'),
    tolerance: fc.constantFrom(0, 2 * HOUR),
  }),
  { nil: undefined },
);
const report = fc.option(
  fc.record({
    instance: fc.constant('web-1:1:ab'),
    fencingToken: fc.nat(),
    slot: fc.constant(null),
    startedAt: fc.nat(),
    duration: fc.nat(),
    outcome: fc.constantFrom('succeeded', 'failed'),
    error: fc.constantFrom('no', '"\n锁'),
  }),
  { nil: undefined },
);
const note = fc.option(fc.record({ name, slot, holdOff: fc.constantFrom(undefined, 0, HOUR), report }), {
  nil: undefined,
});
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('acquire'), grantId, job }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('renew'), grantId }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('release'), grantId, job: note }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('pause'), name, paused: fc.boolean() }) },
    { weight: 1, arbitrary: fc.constant({ do: 'expire' }) },
  ),
  { maxLength: 60, size: 'max' },
);

describe('the scripts', () => {
  let server: RedisServer;
  let redis: LeaseProvider;
  beforeAll(async () => {
    server = await startRedis();
    redis = await leaseProviderFromEnv({ REDIS_URL: server.url });
  }, 300_000);
  afterAll(async () => {
    await redis.close();
    await server.stop();
  });

  it.each([
    ['alone', take],
    ['among others', takeAmongOthers],
  ])(
    'answer as the rules of a lock do, %s, whatever is asked in whatever order',
    async (_, ask) => {
      const property = fc.asyncProperty(steps, async (history) => {
        await server.command('FLUSHALL');
        const store = new MemoryStore();
        const memory = new MemoryLeaseProvider(store);
        for (const step of history) {
          if (step.do === 'expire') {
            await server.command('DEL', 'leased-jobs:{news}:lease');
            const state = store.locks.get('news');
            if (state) store.locks.set('news', { ...state, lease: null });
          } else {
            expect(await ask(redis, step)).toEqual(await take(memory, step));
          }
          expect(rough(await redis.read('news', soon()))).toEqual(rough(await memory.read('news', soon())));
        }
      });
      await fc.assert(property, { numRuns: 60 });
    },
    60_000,
  );
});

async function take(provider: LeaseProvider, step: Exclude<Step, { do: 'expire' }>): Promise<unknown> {
  const proof = { lock: 'news', grantId: 'grantId' in step ? step.grantId : '' };
  switch (step.do) {
    case 'acquire': {
      const request = { ...proof, holder: `holder of ${proof.grantId}`, ttl: HOUR };
      const answer = await provider.acquire({ ...request, ...(step.job && { job: step.job }) }, soon());
      return isRefusal(answer) ? roughRefusal(answer) : answer.lastSlot;
    }
    case 'renew':
      return provider.renew({ ...proof, fencingToken: 1, lastSlot: null } satisfies LeaseGrant, HOUR, soon());
    case 'release':
      return provider.release(proof, step.job ? { job: defined(step.job) } : {}, soon());
    case 'pause':
      break;
  }
  return provider.setPaused('news', step.name, step.paused, soon());
}

/** In a batch: the first of a turn goes alone. */
async function takeAmongOthers(...asked: Parameters<typeof take>): Promise<unknown> {
  const [provider] = asked;
  const other = (lock: string): Promise<boolean> =>
    provider.renew({ lock, grantId: 'other', fencingToken: 1, lastSlot: null }, HOUR, soon());
  const answers = await Promise.all([other('before'), other('beside'), take(...asked), other('after')]);
  expect([answers[0], answers[1], answers[3]]).toEqual([false, false, false]);
  return answers[2];
}

/** Times, as exact as two clocks and a slow test allow: in minutes. */
function roughRefusal(refusal: LeaseRefusal): unknown {
  return Object.fromEntries(
    Object.entries(refusal).map(([key, value]) => [key, key === 'lastSlot' ? value : minutes(value)]),
  );
}

/** Without the tokens: those of memory count from 1. */
function rough(record: LockRecord | null): unknown {
  if (!record) return null;
  const jobs = Object.entries(record.jobs).map(([job, known]) => [
    job,
    { ...known, holdOff: minutes(known.holdOff) },
  ]);
  return {
    lock: record.lock,
    granted: record.fencingToken > 0,
    lease: record.lease && { ...record.lease, expiresIn: minutes(record.lease.expiresIn) },
    jobs: Object.fromEntries(jobs) as unknown,
  };
}

function minutes(value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value / 60_000) : value;
}

function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
}
