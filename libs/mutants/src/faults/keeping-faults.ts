import type { Fault, TestCase } from '../fault.js';

const HELD_LEASE = 'packages/core/src/lease/held-lease.ts';
const TIMING = 'packages/core/src/lease/lease-timing.ts';

/** Faults in keeping a lease alive, and in stopping to trust it in time. */
export const KEEPING_FAULTS: readonly Fault[] = [
  {
    name: 'validity-from-the-answer',
    suffers:
      'After a slow grant the holder works on under a lease that the store has given to somebody else.',
    file: 'packages/core/src/lease/attempts.ts',
    text: 'timing, sentAt, maxHold }',
    becomes: 'timing, sentAt: new Stopwatch(this.#options.clock), maxHold }',
    caughtBy: held('counts its validity from before the request was sent, not from the answer'),
  },
  {
    name: 'renewal-from-the-answer',
    suffers:
      'After a slow renewal the holder works on under a lease that the store has given to somebody else.',
    file: HELD_LEASE,
    text: '        this.#sentAt = sentAt;',
    becomes: '        this.#sentAt = new Stopwatch(clock);',
    caughtBy: heldEdge('counts a renewal from its sending, when the answer takes 0.4 s'),
  },
  {
    name: 'no-deadline-timer',
    suffers: 'A holder learns of its loss only when the renewal that hangs has been given up.',
    file: HELD_LEASE,
    text: 'this.#renewing = this.#renew();',
    becomes: 'this.#renewing = this.#renew();\n      return;',
    caughtBy: held(
      'aborts at its validity deadline, before the store can give it to anybody else, while a renewal hangs',
    ),
  },
  {
    name: 'no-deadline-check',
    suffers:
      'A process that was suspended makes its next side effect although somebody else is at it already.',
    file: HELD_LEASE,
    text: '    this.#checkClock();\n    if (this.#lost) throw this.#lost;',
    becomes: '    if (this.#lost) throw this.#lost;',
    caughtBy: held('tells the truth by throwIfLost() before any late timer has fired'),
  },
  {
    name: 'late-answer-believed',
    suffers: 'A process that slept through its ttl takes the old answer to its renewal for a new lease.',
    file: HELD_LEASE,
    text: '} else if (sentAt.elapsed() >= trustedFor) {',
    becomes: '} else if (sentAt.elapsed() >= Infinity) {',
    caughtBy: held(
      'is lost when the process slept between a renewal and its answer, and sees the answer first',
    ),
  },
  {
    name: 'no-stop-grace',
    suffers: 'What a holder has under way when it is told to stop ends after somebody else has begun.',
    file: TIMING,
    text: 'const trustedFor = validFor - stopGrace;',
    becomes: 'const trustedFor = validFor;',
    caughtBy: held(
      'aborts at its validity deadline, before the store can give it to anybody else, while a renewal hangs',
    ),
  },
  {
    name: 'no-margin',
    suffers: 'A holder whose clock is a little slow trusts its lease for longer than the store keeps it.',
    file: TIMING,
    text: 'const margin = ttl / 100 + limits.granularity;',
    becomes: 'const margin = 0;',
    caughtBy: timing('has the numbers of a lease of 30 s'),
  },
  {
    name: 'one-blip-is-a-loss',
    suffers: 'A single dropped packet stops a run that had most of its ttl left.',
    file: HELD_LEASE,
    text: 'if (!this.#checkClock()) this.#renewAfter(this.#retryDelay(this.#renewFailure));',
    becomes: "this.#lose('unknown', this.#renewFailure);",
    caughtBy: held('survives renewals that fail, and asks again before the deadline'),
  },
  {
    name: 'failure-taken-for-success',
    suffers: 'A holder that cannot reach the store trusts its lease for ever.',
    file: HELD_LEASE,
    text: 'this.#renewFailure = asError(thrown);',
    becomes: 'this.#renewFailure = asError(thrown);\n      this.#sentAt = sentAt;',
    caughtBy: held('sends nothing to renew after its validity deadline'),
  },
  {
    name: 'refused-renewal-ignored',
    suffers: 'After an operator has broken the lease, two instances work until the ttl of the first is over.',
    file: HELD_LEASE,
    text: '      if (!renewed) {',
    becomes: '      if (renewed === undefined) {',
    caughtBy: held('is lost at once when the store says that it is no longer ours'),
  },
  {
    name: 'denied-renewal-in-a-spin',
    suffers: 'Wrong credentials are tried many times a second, until the account is locked.',
    file: HELD_LEASE,
    text: "if (error instanceof StoreError && error.kind === 'transient') {\n      return Math.min",
    becomes: 'if (error instanceof StoreError) {\n      return Math.min',
    caughtBy: held('does not spin on a store that denies'),
  },
  {
    name: 'leaked-renewer',
    suffers: 'A lease is renewed after its release: timers and calls pile up, and the process does not end.',
    file: HELD_LEASE,
    text: '      this.#stop();\n      // No renewal may reach',
    becomes: '      // No renewal may reach',
    caughtBy: held('is not renewed after its release, even if a renewal was under way'),
  },
  {
    name: 'rearmed-by-a-late-answer',
    suffers:
      'A renewal that was under way at the release sets the next one, and so the lease lives for ever.',
    file: HELD_LEASE,
    text: 'if (this.#stopped) return;\n      this.#renewing = undefined;\n      if (!renewed)',
    becomes: 'this.#renewing = undefined;\n      if (!renewed)',
    caughtBy: heldEdge('arms no timer for a renewal that is answered after the release'),
  },
  {
    name: 'release-overtakes-renewal',
    suffers: 'A renewal may reach the store after the release, and be taken for one of whatever came next.',
    file: HELD_LEASE,
    text: 'if (this.#renewing) await this.#renewing;',
    becomes: '',
    caughtBy: heldEdge('sends the release only after the renewal in flight has settled'),
  },
  {
    name: 'batch-leaves-one-out',
    suffers: 'A lease that the store has said nothing of is trusted as if it had been renewed.',
    file: 'packages/core/src/lease/renewals.ts',
    text: 'const ours = answers[index];',
    becomes: 'const ours = answers[index] ?? true;',
    caughtBy: {
      file: 'packages/core/test/lease/renewals-edges.test.ts',
      title: 'a batch of renewals takes an answer that was left out for unknown, never for a renewal',
    },
  },
  {
    name: 'listener-ends-the-process',
    suffers: 'An error in an abort listener of a handler ends the whole app when a lease is lost.',
    file: 'packages/core/src/lease/guarded-signal.ts',
    text: 'void settle(() => callListener(listener, signal, event), onListenerError);',
    becomes: 'void callListener(listener, signal, event);',
    caughtBy: held('survives what a listener on its signal throws, and reports it'),
  },
];

function held(title: string): TestCase {
  return { file: 'packages/core/test/lease/held-lease.test.ts', title: `a held lease ${title}` };
}

function heldEdge(title: string): TestCase {
  return { file: 'packages/core/test/lease/held-lease-edges.test.ts', title: `a held lease ${title}` };
}

function timing(title: string): TestCase {
  return { file: 'packages/core/test/lease/lease-timing.test.ts', title: `the timing of a lease ${title}` };
}
