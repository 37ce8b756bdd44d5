import type { Fault, TestCase } from '../fault.js';

const ACTIVE_RUN = 'packages/core/src/jobs/active-run.ts';
const ACTIVITY = 'packages/core/src/jobs/activity.ts';
const ENGINE = 'packages/core/src/jobs/job-engine.ts';

/** Faults in what is done under a lease: runs, slots, and the drain. */
export const JOB_FAULTS: readonly Fault[] = [
  {
    name: 'released-under-the-run',
    suffers: 'A handler that does not heed its signal is joined by the next one on another instance.',
    file: ACTIVE_RUN,
    text: '    this.#controller?.abort(reason);',
    becomes: '    this.#controller?.abort(reason);\n    void this.#lease.release();',
    caughtBy: run(
      'is told to stop after its maxRuntime, keeps its lock until it has ended, and is reported when it goes on',
    ),
  },
  {
    name: 'no-max-runtime',
    suffers: 'A handler that hangs keeps its lease for ever, and the job never runs again.',
    file: ACTIVE_RUN,
    text: 'if (maxRuntime !== null && !this.#stopReason) {',
    becomes: 'if (maxRuntime === -1) {',
    caughtBy: run(
      'is told to stop after its maxRuntime, keeps its lock until it has ended, and is reported when it goes on',
    ),
  },
  {
    name: 'handler-not-awaited',
    suffers: 'Every run ends as soon as it begins, and the work goes on under no lease.',
    file: 'packages/core/src/jobs/job-run.ts',
    text: '    await handler();',
    becomes: '    void handler();',
    caughtBy: slot(
      'is skipped while an earlier run goes on in the same instance, even after its lease was lost',
    ),
  },
  {
    name: 'handler-error-escapes',
    suffers: 'A run whose handler throws leaves no report, and its slot is run again by the next instance.',
    file: ACTIVE_RUN,
    text: 'thrown = asError(error);',
    becomes: 'throw error;',
    caughtBy: run('survives a handler that throws at once, and one that throws no error'),
  },
  {
    name: 'overlap-in-one-process',
    suffers: 'An instance whose run has lost its lease is granted the lock again, and works beside itself.',
    file: ACTIVITY,
    text: 'for (const run of this.#runs.keys()) if (run.lock === lock) return true;',
    becomes: '',
    caughtBy: {
      file: 'packages/core/test/jobs/hostile-code.test.ts',
      title: 'a run that was lost lets no other job of its lock run in the same process before it has ended',
    },
  },
  {
    name: 'loss-not-reported',
    suffers:
      'A run that has lost its lease marks its slot as run, so that nobody makes up for what it left out.',
    file: ACTIVE_RUN,
    text: "if (this.#lease.lost) return 'lost';",
    becomes: '',
    caughtBy: run(
      'ends as lost when its lease was lost, even if the handler took no notice, and leaves the slot to others',
    ),
  },
  {
    name: 'interrupted-slot-marked',
    suffers: 'What a deployment has cut short is not run by anybody until the next slot.',
    file: ACTIVE_RUN,
    text: "return outcome !== 'interrupted' && outcome !== 'lost';",
    becomes: "return outcome !== 'lost';",
    caughtBy: slot('is handed over when a shutdown interrupts its run'),
  },
  {
    name: 'drain-without-a-limit',
    suffers: 'A handler that hangs keeps the app from ending until the platform kills it.',
    file: ENGINE,
    text: 'await settledWithin(this.#clock, timeout, idle);',
    becomes: 'await idle;',
    caughtBy: drain('ends at its limit, and leaves the lease of a run that goes on to its ttl'),
  },
  {
    name: 'drain-forgets-plain-leases',
    suffers:
      'A deployment takes the lock away from work under a lease without a job, and blocks it for a ttl.',
    file: ENGINE,
    text: 'Promise.all(ended).then(() => this.leases.ended())',
    becomes: 'Promise.all(ended)',
    caughtBy: {
      file: 'packages/core/test/jobs/drain-of-leases.test.ts',
      title:
        'a drain waits for a lease that was given without a job, which is renewed, and released at the store',
    },
  },
  {
    name: 'drain-tells-nobody',
    suffers: 'Runs are not told that the app stops, and every deployment waits for the longest of them.',
    file: ENGINE,
    text: 'for (const run of this.#activity.runs) run.stop(new ShutdownError(run.job));',
    becomes: '',
    caughtBy: drain('tells the runs to stop, waits for them, releases their leases, and starts nothing more'),
  },
  {
    name: 'drain-releases-what-goes-on',
    suffers: 'A handler that outlives the drain is joined by the next one on another instance.',
    file: ACTIVITY,
    text: 'void lease.abandon();',
    becomes: 'void lease.release();',
    caughtBy: drain('ends at its limit, and leaves the lease of a run that goes on to its ttl'),
  },
  {
    name: 'drain-keeps-renewing',
    suffers: 'A process whose handler hangs keeps the lock after its drain, for as long as it lives.',
    file: ACTIVITY,
    text: 'for (const lease of this.#runs.values()) void lease.abandon();',
    becomes: '',
    caughtBy: {
      file: 'packages/core/test/jobs/job-engine-edges.test.ts',
      title: 'drain() alone renews a run that goes on no more, and keeps no timer for it',
    },
  },
  {
    name: 'pool-closed-before-the-drain',
    suffers: 'A run of a Nest app finds its connection pool closed in the middle of its work.',
    file: 'packages/nestjs/src/lifecycle/job-lifecycle.module.ts',
    text: 'module.distance = STARTS_LAST_STOPS_FIRST;',
    becomes: 'module.distance += 0;',
    caughtBy: {
      file: 'packages/nestjs/test/lifecycle/order.test.ts',
      title:
        'with a pool in a sibling module jobs tick after the app has bootstrapped, and have ended before the pool closes',
    },
  },
];

function run(title: string): TestCase {
  return { file: 'packages/core/test/jobs/job-engine.test.ts', title: `a run ${title}` };
}

function slot(title: string): TestCase {
  return { file: 'packages/core/test/jobs/job-engine.test.ts', title: `a slot ${title}` };
}

function drain(title: string): TestCase {
  return { file: 'packages/core/test/jobs/job-engine.test.ts', title: `a drain ${title}` };
}
