import { afterAll, describe, expect, it } from '@jest/globals';
import type { LeaseProvider, MemoryStore } from '@leased-jobs/core';
import { providerContract } from '../../src/index.js';
import * as clients from './broken-clients.js';
import * as stores from './broken-stores.js';
import { type Layers, memoryHarness } from './memory-harness.js';

type BrokenStore = new (store: MemoryStore) => LeaseProvider;
type BrokenClient = new (wired: LeaseProvider, store: MemoryStore) => LeaseProvider;

const behind = (Broken: BrokenStore): Partial<Layers> => ({ server: (store) => new Broken(store) });
const before = (Broken: BrokenClient): Partial<Layers> => ({
  client: (wired, store) => new Broken(wired, store),
});

/** What is broken, how, and the cases that see it: no more than have that very thing as their subject. */
const MUTANTS: readonly (readonly [string, Partial<Layers>, readonly string[]])[] = [
  [
    'no owner check',
    behind(stores.NoOwnerCheck),
    ['C6: a grant id that is not the live one changes nothing'],
  ],
  [
    'no expiry',
    behind(stores.NoExpiry),
    [
      'C3: an expired lease is granted to whoever asks, as a new grant',
      'C4: fencing tokens are safe integers that grow, across expiry and restart',
      'C5: a lease that has expired is not renewed, though nobody has taken it',
      'C8: a lease expires not before its ttl, and not later than its ttl and the granularity',
    ],
  ],
  [
    'an await between check and act',
    behind(stores.AwaitBetweenCheckAndAct),
    ['C1: of many instances that ask at once, one is granted the lock'],
  ],
  [
    'a constant token',
    behind(stores.ConstantToken),
    ['C4: fencing tokens are safe integers that grow, across expiry and restart'],
  ],
  [
    'no slot guard',
    behind(stores.NoSlotGuard),
    ['C15: a slot that counts as run is done for everybody, as are all before it'],
  ],
  [
    'no idempotence',
    behind(stores.NotIdempotent),
    [
      'C2: an attempt repeated with its grant id is the same grant',
      'C2: an attempt made twice at once, as by a duplicated packet, is one grant',
      'C2: an attempt whose answer was lost is repeated and granted',
      'C2: an attempt repeated with its grant id restarts the ttl',
      'C10: an attempt given up on a silent store can be repeated, and given back',
    ],
  ],
  [
    'pauses that end with a run',
    behind(stores.ForgetfulOfPauses),
    ['C16: a pause during a run leaves the run alone, and outlasts its release'],
  ],
  [
    'a release that cannot be repeated',
    behind(stores.StrictRelease),
    [
      'C7: a release frees the lock at once, and may be repeated',
      'C7: a release of what was never granted does nothing',
      'C17: a release that fails has freed the lock and marked the slot, or neither',
    ],
  ],
  [
    'leases that are too short',
    behind(stores.EarlyExpiry),
    ['C8: a lease expires not before its ttl, and not later than its ttl and the granularity'],
  ],
  [
    'names that ignore case',
    behind(stores.CaseBlind),
    ['C12: any name of 1 to 256 bytes is a lock of its own'],
  ],
  [
    'signals ignored',
    before(clients.DeafToSignals),
    [
      'C9: every call on a silent store settles soon after its signal aborts',
      'C9: a call whose signal has aborted beforehand fails and sends nothing',
    ],
  ],
  [
    'an unknown outcome taken for none',
    before(clients.Optimist),
    ['C10: a failure that claims that nothing was applied tells the truth'],
  ],
  [
    'a retry of its own',
    before(clients.Retrying),
    ['C11: a refused request is one failed call, and is not sent again'],
  ],
  [
    'requests before checks',
    before(clients.LateValidation),
    [
      'C8: a ttl out of the limits is refused before anything is sent',
      'C12: a name that is none is refused before anything is sent',
    ],
  ],
  [
    'a release in two steps',
    before(clients.TwoStepRelease),
    [
      'C7: a release of what was never granted does nothing',
      'C17: a release that fails has freed the lock and marked the slot, or neither',
      'C17: nobody ever sees half of a release',
    ],
  ],
  [
    'no hold-off',
    before(clients.NoHoldOff),
    [
      'C16: a job is held off after its release, by the clock of the store',
      'C16: a hold-off is in the record, and leaves other jobs of the lock alone',
    ],
  ],
  [
    'a timer left behind',
    before(clients.LeakyTimer),
    ['C13: a closed instance leaves no timer, socket or watcher behind'],
  ],
  [
    "the end of its user's client",
    before(clients.EndsForeignClient),
    [
      'C4: fencing tokens are safe integers that grow, across expiry and restart',
      "C14: an instance works on its user's own client, and leaves that open",
      'C15: what counts as run still does after a restart',
      'C16: a pause outlasts a restart',
    ],
  ],
];

describe('the contract', () => {
  afterAll(() => {
    for (const timer of clients.LeakyTimer.leaked) clearInterval(timer);
  });

  it.each(MUTANTS)('catches a provider with %s', async (_, layers, expected) => {
    const failures = await failingCases(layers);
    expect(failures).toEqual(expected);
  });

  it('has a broken provider for each of its sentences', () => {
    const caught = new Set(
      MUTANTS.flatMap(([, , failures]) => failures.map((failure) => failure.split(':')[0])),
    );
    const missed = providerContract.filter(({ id }) => !caught.has(id));
    expect(missed).toEqual([]);
  });
});

async function failingCases(layers: Partial<Layers>): Promise<readonly string[]> {
  const harness = memoryHarness(layers);
  const failures: string[] = [];
  for (const [n, { id, title, run }] of providerContract.entries()) {
    await run(harness, `contract #${n}`).catch(() => failures.push(`${id}: ${title}`));
  }
  return failures;
}
