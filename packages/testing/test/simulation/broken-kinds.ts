import type { LeaseProvider, LeaseRefusal } from '@leased-jobs/core';
import type { SimulationSeams } from '../../src/simulation/simulate.js';
import type { VirtualInstance } from '../../src/simulation/virtual-instance.js';
import type { KindName } from '../../src/simulation/kinds/kinds.js';

/** A core with one mistake, and the invariant of a kind of scenario that it breaks. */
export interface Mistake {
  readonly kind: KindName;
  readonly breaks: string;
  readonly seams: SimulationSeams;
}

export const brokenKinds: Readonly<Record<string, Mistake>> = {
  'a grant that does not tell which slot was run last': {
    kind: 'missed',
    breaks: 'none-left-out',
    seams: {
      provider: (provider) => ({
        ...provider,
        acquire: async (request, signal) => {
          const answer = await provider.acquire(request, signal);
          return 'refused' in answer ? answer : { ...answer, lastSlot: null };
        },
      }),
    },
  },
  'a grant that tells of a slot before the one that was run last': {
    kind: 'missed',
    breaks: 'missed-in-order',
    seams: {
      provider: (provider) => ({
        ...provider,
        acquire: async (request, signal) => {
          const answer = await provider.acquire(request, signal);
          if ('refused' in answer || answer.lastSlot === null) return answer;
          return { ...answer, lastSlot: answer.lastSlot - 60_000 };
        },
      }),
    },
  },
  'a start that takes the missed slot for one that was run': {
    kind: 'missed',
    breaks: 'latest-missed-run',
    seams: { provider: (provider, instance) => ({ ...provider, acquire: deafAtFirst(provider, instance) }) },
  },
  'an instance that looks back for longer than it is up': {
    kind: 'missed',
    breaks: 'nothing-missed-run',
    seams: behindTheTime(5_000),
  },
  'an instance that runs slots which others have followed': {
    kind: 'missed',
    breaks: 'only-latest-missed',
    seams: behindTheTime(40_000),
  },
  'a release that leaves no delay behind': {
    kind: 'fixed-delay',
    breaks: 'delay-kept',
    seams: { provider: (provider) => ({ ...provider, release: withHoldOff(provider, () => 0) }) },
  },
  'a delay that is not kept in milliseconds': {
    kind: 'fixed-delay',
    breaks: 'delay-goes-on',
    seams: { provider: (provider) => ({ ...provider, release: withHoldOff(provider, (ms) => ms * 60) }) },
  },
  'a run without slots whose end nobody is told of': {
    kind: 'fixed-delay',
    breaks: 'finished-slot-told',
    seams: {
      provider: (provider) => ({
        ...provider,
        release: (grant, _note, signal) => provider.release(grant, {}, signal),
      }),
    },
  },
  'a service that ends, and leaves no delay behind': {
    kind: 'services',
    breaks: 'restart-delay-kept',
    seams: { provider: (provider) => ({ ...provider, release: withHoldOff(provider, () => 0) }) },
  },
  'a service that stays away for too long': {
    kind: 'services',
    breaks: 'service-goes-on',
    seams: { provider: (provider) => ({ ...provider, release: withHoldOff(provider, (ms) => ms * 60) }) },
  },
  'a store that has promised to tell of releases, and does not': {
    kind: 'services',
    breaks: 'hands-over-at-once',
    seams: {
      provider: (provider) => ({
        ...provider,
        ...(provider.watch && { watch: () => ({ close: () => {} }) }),
      }),
    },
  },
  'a lease that lives on when its holder has died': {
    kind: 'services',
    breaks: 'taken-over-in-time',
    seams: {
      provider: (provider) => ({
        ...provider,
        acquire: (request, signal) => provider.acquire({ ...request, ttl: request.ttl + 15_000 }, signal),
        renew: (grant, ttl, signal) => provider.renew(grant, ttl + 15_000, signal),
        renewMany: undefined,
      }),
    },
  },
  'a start that does not say what it has done': {
    kind: 'startup',
    breaks: 'once-done-once',
    seams: {
      provider: (provider) => ({
        ...provider,
        release: (grant, { job }, signal) => {
          const { slot: _, ...note } = job ?? { name: '' };
          return provider.release(grant, job ? { job: note } : {}, signal);
        },
      }),
    },
  },
  'a start that takes what somebody is at for done': {
    kind: 'startup',
    breaks: 'startup-first',
    seams: {
      provider: (provider) => ({
        ...provider,
        acquire: async (request, signal) => {
          const answer = await provider.acquire(request, signal);
          if (!('refused' in answer) || answer.refused !== 'held') return answer;
          return { refused: 'done', lastSlot: 1, retryAfter: 0 };
        },
      }),
    },
  },
  'a start that does not come to its turn': {
    kind: 'startup',
    breaks: 'startup-in-time',
    seams: {
      provider: (provider) => {
        let refusal: LeaseRefusal | undefined;
        return {
          ...provider,
          acquire: async (request, signal) => {
            const answer = refusal ?? (await provider.acquire(request, signal));
            if ('refused' in answer && answer.refused === 'held') refusal = answer;
            return answer;
          },
        };
      },
    },
  },
  'a job of which one permit is used, and no other': {
    kind: 'concurrency',
    breaks: 'all-permits-used',
    seams: { provider: (provider) => ({ ...provider, acquire: onFirstPermit(provider) }) },
  },
  'a service of which one permit is used, and no other': {
    kind: 'concurrency',
    breaks: 'service-goes-on',
    seams: { provider: (provider) => ({ ...provider, acquire: onFirstPermit(provider) }) },
  },
  'an attempt that does not say which job asks': {
    kind: 'pause',
    breaks: 'paused-not-granted',
    seams: {
      provider: (provider) => ({
        ...provider,
        acquire: ({ lock, grantId, holder, ttl }, signal) =>
          provider.acquire({ lock, grantId, holder, ttl }, signal),
      }),
    },
  },
  'a pause that is not written': {
    kind: 'pause',
    breaks: 'pause-answer-true',
    seams: { provider: (provider) => ({ ...provider, setPaused: async () => null }) },
  },
  'a service that does not look whether it is paused': {
    kind: 'pause',
    breaks: 'paused-service-stops',
    seams: { provider: (provider) => ({ ...provider, read: async () => null }) },
  },
  'a start that takes the last slot for one that was run': {
    kind: 'policies',
    breaks: 'latest-missed-run',
    seams: { provider: (provider, instance) => ({ ...provider, acquire: deafAtFirst(provider, instance) }) },
  },
  'a job that stays paused when it is resumed': {
    kind: 'pause',
    breaks: 'slot-run',
    seams: { provider: (provider) => ({ ...provider, acquire: neverAfterPause(provider) }) },
  },
};

/** What a process asks for in its first half minute counts as run. */
function deafAtFirst(provider: LeaseProvider, instance: VirtualInstance): LeaseProvider['acquire'] {
  let began: number | undefined;
  return async (request, signal) => {
    const now = instance.clock.monotonic();
    began ??= now;
    const { slot } = request.job ?? {};
    if (slot === undefined || now - began > 30_000) return provider.acquire(request, signal);
    return { refused: 'done', lastSlot: slot, retryAfter: 0 };
  };
}

function behindTheTime(ms: number): SimulationSeams {
  return {
    clock: (clock) => ({
      wall: () => clock.wall() - ms,
      monotonic: () => clock.monotonic(),
      setTimer: (delay, callback, keepAlive) => clock.setTimer(delay, callback, keepAlive),
    }),
  };
}

function withHoldOff(provider: LeaseProvider, change: (ms: number) => number): LeaseProvider['release'] {
  return (grant, { job }, signal) => {
    if (!job) return provider.release(grant, {}, signal);
    const { holdOff, ...note } = job;
    const changed = holdOff === undefined ? note : { ...note, holdOff: change(holdOff) };
    return provider.release(grant, { job: changed }, signal);
  };
}

function neverAfterPause(provider: LeaseProvider): LeaseProvider['acquire'] {
  const paused = new Set<string>();
  return async (request, signal) => {
    const name = request.job?.name ?? '';
    if (paused.has(name)) return { refused: 'paused', retryAfter: 60_000 };
    const answer = await provider.acquire(request, signal);
    if ('refused' in answer && answer.refused === 'paused') paused.add(name);
    return answer;
  };
}

function onFirstPermit(provider: LeaseProvider): LeaseProvider['acquire'] {
  return async (request, signal) => {
    if (!request.lock.includes('#')) return provider.acquire(request, signal);
    return { refused: 'held', holder: 'nobody', expiresIn: 3_000, retryAfter: 3_000 };
  };
}
