import type { Fault, TestCase } from '../fault.js';

const JOBS = 'packages/core/src/jobs';

/** Faults in the kinds of work that have no slots, and in what a job may say besides its schedule. */
export const KIND_FAULTS: readonly Fault[] = [
  {
    name: 'retry-outlives-the-stop',
    suffers: 'A shutdown waits for the next attempt of a run that has failed, instead of for nothing.',
    file: `${JOBS}/active-run.ts`,
    text: 'await sleep(clock, delay, this.signal, true);',
    becomes: 'await sleep(clock, delay, undefined, true);',
    caughtBy: of(
      'retry',
      'a run that waits for its next attempt is not tried again once this instance stops, and leaves its slot to others',
    ),
  },
  {
    name: 'jitter-beyond-the-next-slot',
    suffers: 'A job with a large jitter leaves out slots, and nobody is told.',
    file: `${JOBS}/timetable.ts`,
    text: 'const MAX_SHARE = 0.9;',
    becomes: 'const MAX_SHARE = Infinity;',
    caughtBy: of(
      'jitter',
      'a tick never reaches the next slot, however large the jitter, so that none is left out',
    ),
  },
  {
    name: 'one-permit-too-many',
    suffers: 'Four instances call an API at once that was promised three.',
    file: `${JOBS}/job-definition.ts`,
    text: 'Array.from({ length: policies.concurrency }',
    becomes: 'Array.from({ length: policies.concurrency + 1 }',
    caughtBy: of(
      'concurrency',
      'a job that three instances may run at once is run by three of six for each slot, once by each of them, and never by more',
    ),
  },
  {
    name: 'one-permit-followed',
    suffers: 'Who waits for a permit hears of the first only, and waits for a ttl for the others.',
    file: `${JOBS}/activity.ts`,
    text: 'this.#leases.follow(permitsOf(job))',
    becomes: 'this.#leases.follow([job.lock])',
    caughtBy: of(
      'concurrency',
      'a job that three instances may run at once hands any of its permits over at once on a store that tells of releases',
    ),
  },
  {
    name: 'one-permit-paused',
    suffers: 'A job that is paused goes on under its other permits.',
    file: `${JOBS}/pausing.ts`,
    text: 'for (const lock of permitsOf(job)) {',
    becomes: 'for (const lock of [job.lock]) {',
    caughtBy: of('pausing', 'a pause is written to all permits of a job that several instances run at once'),
  },
  {
    name: 'handed-over-after-a-delay',
    suffers: 'A queue has no consumer for the restart delay after each deployment.',
    file: `${JOBS}/delay-attendance.ts`,
    text: "run.wasTakenAway || report.outcome === 'lost' ? {}",
    becomes: "report.outcome === 'lost' ? {}",
    caughtBy: of(
      'service',
      'a service that returns when it is told to stop is handed over at once, however long its delays',
    ),
  },
  {
    name: 'restarted-without-end',
    suffers: 'A service whose broker is away is called every second, on all instances, for hours.',
    file: `${JOBS}/restart-delays.ts`,
    text: "if (outcome !== 'succeeded') failures++;",
    becomes: '',
    caughtBy: of(
      'service',
      'a service that throws again and again is called ever less often, and from the first delay on once it has been well',
    ),
  },
  {
    name: 'removed-and-begun',
    suffers:
      'A service that was removed at the wrong moment runs until the process ends, and nobody can stop it.',
    file: `${JOBS}/attendance.ts`,
    text: '(isKnown(job) && !activity.isAt(job))',
    becomes: '!activity.isAt(job)',
    caughtBy: of('service', 'a service that is removed does not begin any more if it was being asked for'),
  },
  {
    name: 'granted-beside-itself',
    suffers: 'A lock that was granted late is used while a job of this instance that has lost it goes on.',
    file: `${JOBS}/attendance.ts`,
    text: '(isKnown(job) && !activity.isAt(job))',
    becomes: 'isKnown(job)',
    caughtBy: of(
      'attendance-races',
      'a lock that is granted while another job of its instance goes on under it, without its lease is given back by a service, which begins when that has ended',
    ),
  },
  {
    name: 'own-lock-waited-for',
    suffers:
      'Jobs of one instance that share a lock, and ask in one moment, wait for a ttl or leave out slots.',
    file: `${JOBS}/attendance.ts`,
    text: 'if (!(answer instanceof HeldLease) && answer.holder === instance) {',
    becomes: 'if (!(answer instanceof HeldLease) && answer.holder === null) {',
    caughtBy: of(
      'attendance-races',
      'jobs of one instance that share a lock, on a store that tells nothing run all of their slots, however many of them are due in one moment',
    ),
  },
  {
    name: 'failed-once-is-done',
    suffers: 'A migration that has failed counts as done, and the app starts without it everywhere else.',
    file: `${JOBS}/startup-attendance.ts`,
    text: "outcome === 'succeeded' && once !== undefined",
    becomes: 'once !== undefined',
    caughtBy: of(
      'startup',
      'what is done once is done by another of ten instances if it fails on the first, whose start fails',
    ),
  },
  {
    name: 'drain-forgets-a-late-start',
    suffers: 'A migration that took too long is cut off by a shutdown that would have had the time for it.',
    file: `${JOBS}/job-engine.ts`,
    text: '[this.#timetable.ended(), this.#activity.ended(), ...this.#begun]',
    becomes: '[this.#timetable.ended(), ...this.#begun]',
    caughtBy: of(
      'startup',
      'the timeout of a start does not wait for a handler that goes on: its lease is kept, and the drain waits for it',
    ),
  },
  {
    name: 'ready-whatever-was-said',
    suffers: 'A job runs although what it waits for has failed.',
    file: `${JOBS}/timetable.ts`,
    text: 'if (isWanted()) await ready;',
    becomes: '',
    caughtBy: of(
      'wait-for',
      'a job that waits for something is told of, and asks again in a minute, if that rejects',
    ),
  },
  {
    name: 'section-outlives-its-lease',
    suffers: 'Work that a handler does not await goes on under a lease that was given back.',
    file: `${JOBS}/active-run.ts`,
    text: 'while (this.#parts?.size) await Promise.all(this.#parts);',
    becomes: '',
    caughtBy: section(
      'a section within a run that holds its lock holds the lease until it has ended, although nobody awaits it',
    ),
  },
  {
    name: 'section-under-a-lost-lease',
    suffers: 'A section begins under the lease of a run that has lost it, beside its new holder.',
    file: `${JOBS}/section.ts`,
    text: 'run.throwIfLost();',
    becomes: '',
    caughtBy: section(
      'a section within a run that holds its lock does not wait for the end of its own run, once that has lost the lease',
    ),
  },
  {
    name: 'section-waits-for-itself',
    suffers: 'A method that calls another of the same lock waits for itself, and is refused.',
    file: `${JOBS}/section.ts`,
    text: 'if (outer) return { ran: true, value: await outer.include(work) };',
    becomes: '',
    caughtBy: section(
      'a section within a run that holds its lock goes on under its lease, through several layers, and with the same run',
    ),
  },
  {
    name: 'section-begun-in-the-shutdown',
    suffers: 'A section that is granted in the moment of a shutdown is not told, and is cut off.',
    file: `${JOBS}/section.ts`,
    text: 'if (context.stopping.aborted) {',
    becomes: 'if (context.stopping.aborted === null) {',
    caughtBy: section(
      'a shutdown lets no section begin that is granted in its very moment, or tells it to stop',
    ),
  },
  {
    name: 'turn-not-passed-on',
    suffers: 'Calls of one instance that wait for each other do so until they give up.',
    file: `${JOBS}/turns.ts`,
    text: 'else if (wasFirst) line[0]?.wake();',
    becomes: '',
    caughtBy: section(
      'a section that waits begins as soon as another section of its instance has ended, on a store that tells nothing',
    ),
  },
  {
    name: 'by-hand-beside-the-delay',
    suffers:
      'A job is run by hand, and a moment later by its schedule, which had counted from the run before.',
    file: `${JOBS}/run-by-hand.ts`,
    text: '{ holdOff: delay }',
    becomes: '{}',
    caughtBy: of(
      'run-by-hand',
      'a run by hand is the last run of a job with a fixed delay, from which that counts anew',
    ),
  },
];

function of(file: string, title: string): TestCase {
  return { file: `packages/core/test/jobs/${file}.test.ts`, title };
}

function section(title: string): TestCase {
  return of('section', title);
}
