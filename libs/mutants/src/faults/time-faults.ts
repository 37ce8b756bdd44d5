import type { Fault, TestCase } from '../fault.js';

const STOPWATCH = 'packages/core/src/time/stopwatch.ts';
const ELAPSED = 'Math.max(this.#clock.monotonic() - this.monotonic, this.#clock.wall() - this.wall)';

/** Faults in what time it is, and in whom a timer keeps alive. */
export const TIME_FAULTS: readonly Fault[] = [
  {
    name: 'step-back-extends',
    suffers: 'Setting the clock back by an hour lets a holder trust its lease for an hour more.',
    file: STOPWATCH,
    text: ELAPSED,
    becomes: 'this.#clock.wall() - this.wall',
    caughtBy: lease('ends early when the wall clock jumps ahead, and lives no longer when it jumps back'),
  },
  {
    name: 'step-ahead-ignored',
    suffers: 'A virtual machine that was paused, and did not notice, goes on under a lease that has ended.',
    file: STOPWATCH,
    text: ELAPSED,
    becomes: 'this.#clock.monotonic() - this.monotonic',
    caughtBy: lease('ends early when the wall clock jumps ahead, and lives no longer when it jumps back'),
  },
  {
    name: 'suspension-not-counted',
    suffers: 'A laptop or a server that slept goes on where it was, long after others took over.',
    file: 'packages/core/src/time/system-clock.ts',
    text: 'return this.#uptimeAskedAt + this.#suspended;',
    becomes: 'return this.#uptimeAskedAt;',
    caughtBy: clock('goes on while the machine is suspended, and stays on afterwards'),
  },
  {
    name: 'every-timer-keeps-alive',
    suffers: 'A script that has closed everything does not end, because of a timer that waits for nothing.',
    file: 'packages/core/src/time/system-clock.ts',
    text: 'if (!keepAlive) timer.unref();',
    becomes: '',
    caughtBy: clock('keeps the process alive by a timer: false'),
  },
  {
    name: 'idle-app-ends',
    suffers: 'A worker with nothing but jobs ends with code 0 before its first slot.',
    file: 'packages/core/src/jobs/ticker.ts',
    text: 'this.#scope.runInAsyncScope(() => this.#tick()), true)',
    becomes: 'this.#scope.runInAsyncScope(() => this.#tick()), false)',
    caughtBy: engine('keeps its process alive from its start until it is closed, if it has a job to run'),
  },
  {
    name: 'closed-app-lives-on',
    suffers: 'An app that was closed does not end, because the timer of its next slot is still set.',
    file: 'packages/core/src/jobs/ticker.ts',
    text: '    this.#timer?.cancel();\n    this.#queue.clear();',
    becomes: '    this.#queue.clear();',
    caughtBy: engine('keeps its process alive from its start until it is closed, if it has a job to run'),
  },
];

function lease(title: string): TestCase {
  return { file: 'packages/core/test/lease/held-lease.test.ts', title: `a held lease ${title}` };
}

function clock(title: string): TestCase {
  return {
    file: 'packages/core/test/time/system-clock.test.ts',
    title: `the clock of this machine ${title}`,
  };
}

function engine(title: string): TestCase {
  return { file: 'packages/core/test/jobs/job-engine.test.ts', title: `an engine ${title}` };
}
