import type { Fault, TestCase } from '../fault.js';

const ATTEMPTS = 'packages/core/src/lease/attempts.ts';

/** Faults in asking a store for a lease: what is bounded, repeated, given back, or not asked at all. */
export const ACQUIRING_FAULTS: readonly Fault[] = [
  {
    name: 'unbounded-call',
    suffers: 'One request that is never answered hangs its job for ever, and the shutdown with it.',
    file: 'packages/core/src/lease/store-call.ts',
    text: 'clock.setTimer(call.timeout, () => stop(noAnswer(call)), true)',
    becomes: 'clock.setTimer(2 ** 31 - 1, () => stop(noAnswer(call)), true)',
    caughtBy: tryAcquire('ends within its bounds although the provider never settles'),
  },
  {
    name: 'new-grant-id-at-each-try',
    suffers: 'After one lost answer an instance is shut out by its own lease for a whole ttl.',
    file: ATTEMPTS,
    text: 'for (let tries = 1; ; tries++) {',
    becomes:
      'for (let tries = 1; ; tries++) {\n      if (tries > 1) Object.assign(request, { grantId: random.uuid() });',
    caughtBy: tryAcquire('gets the very grant whose answer was lost, within a second'),
  },
  {
    name: 'ambiguous-is-held',
    suffers:
      'A store that cannot be reached looks like a lock that somebody else holds, and nobody runs the job.',
    file: ATTEMPTS,
    text: 'const error = asError(thrown);',
    becomes:
      "const error = asError(thrown);\n        if (isTransient(error)) return { refused: 'held', holder: '?', expiresIn: 1, retryAfter: 1 };",
    caughtBy: tryAcquire(
      'throws what a store says that cannot be asked, and gives back what it may have granted',
    ),
  },
  {
    name: 'unknown-grant-kept',
    suffers: 'An attempt that was given up may have been granted, and blocks everybody for a ttl.',
    file: ATTEMPTS,
    text: 'if (mayBeGranted) this.#abandon(lock, request, timing);',
    becomes: '',
    caughtBy: tryAcquire(
      'throws what a store says that cannot be asked, and gives back what it may have granted',
    ),
  },
  {
    name: 'granted-too-late-is-held',
    suffers: 'A lease that was granted to a process that slept is used after it has ended.',
    file: ATTEMPTS,
    text: 'if (sentAt.elapsed() < timing.trustedFor) {',
    becomes: 'if (sentAt.elapsed() < Infinity) {',
    caughtBy: tryAcquire('does not hold a lease that was granted too long ago to be of use'),
  },
  {
    name: 'denied-is-transient',
    suffers: 'Wrong credentials are sent again and again within a second.',
    file: ATTEMPTS,
    text: "if (error instanceof StoreError) return error.kind === 'transient';",
    becomes: 'if (error instanceof StoreError) return true;',
    caughtBy: tryAcquire('asks a store that denies only once'),
  },
  {
    name: 'denied-without-a-pause',
    suffers: 'A job without rights asks the store for every slot, however fast it is, and fills the logs.',
    file: 'packages/core/src/jobs/attendance.ts',
    text: 'const DENIED_PAUSE = 60_000;',
    becomes: 'const DENIED_PAUSE = 1_000;',
    caughtBy: instance('asks a store that denies once a minute'),
  },
  {
    name: 'no-back-off',
    suffers: 'All instances ask a store that is down once a second, also while it tries to come up.',
    file: 'packages/core/src/jobs/attendance.ts',
    text: '1_000 * 2 ** failures',
    becomes: '1_000',
    caughtBy: instance('asks a store that is away ever more rarely, until it asks twice a minute'),
  },
  {
    name: 'waiters-without-jitter',
    suffers: 'All who wait for a lock ask for it in the same millisecond, every time.',
    file: 'packages/core/src/lease/asking-again.ts',
    text: 'return jittered(named, random);',
    becomes: 'return named;',
    caughtBy: {
      file: 'packages/core/test/lease/leases-edges.test.ts',
      title:
        'acquire does not crowd a store that tells of releases: of 50 instances that wait, at most 20 % ask within any 100 ms',
    },
  },
  {
    name: 'ticks-without-jitter',
    suffers: 'All instances ask the store in the same millisecond, for every slot of every job.',
    file: 'packages/core/src/jobs/timetable.ts',
    text: 'const TICK_JITTER = 0.1;',
    becomes: 'const TICK_JITTER = 0;',
    caughtBy: crowd('is asked for by at most 20 % of them within any 100 ms'),
  },
  {
    name: 'retries-without-jitter',
    suffers: 'When a holder dies, all other instances ask for its slot at once.',
    file: 'packages/core/src/jobs/slot-attendance.ts',
    text: 'jittered(pause, random)',
    becomes: 'pause',
    caughtBy: crowd('is asked for again by at most 20 % of them within any 100 ms, after its holder died'),
  },
];

function tryAcquire(title: string): TestCase {
  return { file: 'packages/core/test/lease/leases.test.ts', title: `tryAcquire ${title}` };
}

function instance(title: string): TestCase {
  return { file: 'packages/core/test/jobs/slot-attendance.test.ts', title: `an instance ${title}` };
}

function crowd(title: string): TestCase {
  return {
    file: 'packages/core/test/jobs/slot-attendance.test.ts',
    title: `the slot of a job of 50 instances ${title}`,
  };
}
