import type { Fault, TestCase } from '../fault.js';

const RULES = 'packages/core/src/lease/lock-rules.ts';

/** Faults in the rules of one lock, which memory, files and blobs share. */
export const RULE_FAULTS: readonly Fault[] = [
  {
    name: 'blind-release',
    suffers: 'A holder that comes too late deletes the lease of its successor, and a third one begins.',
    file: RULES,
    text: 'if (liveLease(state, now)?.grantId !== proof.grantId) return null;',
    becomes: 'if (liveLease(state, now) === null) return null;',
    caughtBy: memory('C6: a grant id that is not the live one changes nothing'),
  },
  {
    name: 'blind-renewal',
    suffers: 'A holder that comes too late renews the lease of its successor, and takes it for its own.',
    file: RULES,
    text: 'if (live?.grantId !== proof.grantId) return null;',
    becomes: 'if (live === null) return null;',
    caughtBy: memory('C6: a grant id that is not the live one changes nothing'),
  },
  {
    name: 'no-expiry',
    suffers: 'A holder that has died blocks its lock for ever.',
    file: RULES,
    text: 'state.lease !== null && now.duration < state.lease.expiresAt ? state.lease : null',
    becomes: 'state.lease',
    caughtBy: memory('C3: an expired lease is granted to whoever asks, as a new grant'),
  },
  {
    name: 'repeated-attempt-refused',
    suffers: 'After one lost answer an instance is shut out by its own lease for a whole ttl.',
    file: RULES,
    text: 'const again = live !== null && live.grantId === request.grantId;',
    becomes: 'const again = false as boolean;',
    caughtBy: memory('C2: an attempt repeated with its grant id is the same grant'),
  },
  {
    name: 'constant-token',
    suffers: 'A storage that checks fencing tokens cannot tell a late writer from the present one.',
    file: RULES,
    text: 'nextToken = state.fencingToken + 1,',
    becomes: 'nextToken = 1,',
    caughtBy: memory('C4: fencing tokens are safe integers that grow, across expiry and restart'),
  },
  {
    name: 'no-slot-guard',
    suffers: 'Ten instances that tick one after the other run a fast job ten times in each period.',
    file: RULES,
    text: 'if (job.lastSlot !== null && claim.slot <= job.lastSlot) {',
    becomes: 'if (claim.slot === null && job.lastSlot !== null) {',
    caughtBy: {
      file: 'packages/core/test/jobs/job-engine.test.ts',
      title: 'a job of ten instances runs once per slot in the whole cluster, with a larger token each time',
    },
  },
  {
    name: 'slot-of-the-future-accepted',
    suffers: 'One instance whose clock is a day ahead silences a job for a day on all of them.',
    file: RULES,
    text: 'if (by > claim.tolerance) return',
    becomes: 'if (by > Infinity) return',
    caughtBy: {
      file: 'packages/core/test/jobs/job-engine.test.ts',
      title:
        'a slot that lies too far in the future of the store is refused, so that a wrong clock silences nobody',
    },
  },
  {
    name: 'later-slot-taken-back',
    suffers: 'A run that is late makes the slots after its own run a second time.',
    file: RULES,
    text: 'return last === null ? slot : Math.max(last, slot);',
    becomes: 'return slot;',
    caughtBy: memory('C15: an earlier slot does not take back a later one'),
  },
];

function memory(title: string): TestCase {
  return {
    file: 'packages/testing/test/contract/memory-provider.contract.test.ts',
    title: `the memory provider ${title}`,
  };
}
