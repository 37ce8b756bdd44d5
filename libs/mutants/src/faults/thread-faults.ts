import type { Fault, TestCase } from '../fault.js';

const SERVICE = 'packages/core/src/renewal/serve-renewals.ts';

/** Faults in having leases renewed by a thread of their own. */
export const THREAD_FAULTS: readonly Fault[] = [
  {
    name: 'thread-vouches-for-ever',
    suffers: 'A process that is stuck in an endless loop keeps its locks until somebody kills it.',
    file: SERVICE,
    text: 'if (blocked > this.#settings.maxBlocked) {',
    becomes: 'if (blocked > Infinity) {',
    caughtBy: lease(
      'is not renewed any more once the event loop has been blocked for longer than maxBlocked',
    ),
  },
  {
    name: 'thread-knows-no-max-runtime',
    suffers: 'A handler that blocks beyond its maxRuntime keeps its lease, for nothing can tell it to stop.',
    file: SERVICE,
    text: 'if (heldSince.elapsed() < maxHold) return null;',
    becomes: 'if (heldSince.elapsed() < Infinity) return null;',
    caughtBy: lease('is not renewed for longer than its maxHold'),
  },
  {
    name: 'thread-validity-from-the-answer',
    suffers:
      'After a slow renewal the holder works on under a lease that the store has given to somebody else.',
    file: SERVICE,
    text: 'validity.set(lease.sentAt);',
    becomes: 'validity.set(new Stopwatch(this.#clock));',
    caughtBy: lease('counts a renewal from its sending, when the answer to the worker takes 0.4 s'),
  },
  {
    name: 'thread-keeps-a-loss-to-itself',
    suffers: 'A handler that blocks is not stopped by throwIfLost() although its lease was broken.',
    file: SERVICE,
    text: "if (event.reason === 'taken') validity.setTaken();",
    becomes: '',
    caughtBy: lease(
      'is lost at once, in a blocked event loop too, when the store tells the worker that it is gone',
    ),
  },
  {
    name: 'thread-missed-by-nobody',
    suffers: 'When the thread has ended, nobody renews, and all runs are lost within a ttl.',
    file: 'packages/core/src/renewal/worker-keeper.ts',
    text: 'if (!kept.isEnding) kept.told.gone();',
    becomes: '',
    caughtBy: {
      file: 'packages/core/test/renewal/worker-keeper.test.ts',
      title: 'a worker that ends by itself is told of once, and its leases are renewed by their holders',
    },
  },
  {
    name: 'thread-renews-behind-the-release',
    suffers: 'A renewal by the thread may reach the store after the release of the lease.',
    file: 'packages/core/src/lease/held-lease.ts',
    text: 'if (this.#keepingEnded) await this.#keepingEnded;',
    becomes: '',
    caughtBy: lease(
      'is not renewed after it was released, and its release waits for a renewal that is under way',
    ),
  },
];

function lease(title: string): TestCase {
  return {
    file: 'packages/core/test/renewal/worker-keeper.test.ts',
    title: `a lease that a worker renews ${title}`,
  };
}
