import { afterAll, describe, expect, it } from '@jest/globals';
import type { LeaseProvider, MemoryStore } from '@leased-jobs/core';
import { type ContractCase, providerContract, WiredProvider } from '@leased-jobs/testing';
import * as clients from './broken-clients.js';
import * as stores from './broken-stores.js';
import { type Connect, connectToMemory, memoryHarness } from './memory-harness.js';

type BrokenStore = new (store: MemoryStore) => LeaseProvider;
type BrokenClient = new (wired: LeaseProvider, store: MemoryStore) => LeaseProvider;

const behind =
  (Broken: BrokenStore): Connect =>
  (store, wire) =>
    new WiredProvider(new Broken(store), wire);
const before =
  (Broken: BrokenClient): Connect =>
  (store, wire) =>
    new Broken(connectToMemory(store, wire), store);

/** What is broken, how, and the cases that see it: no more than have that very thing as their subject. */
const MUTANTS: readonly (readonly [string, Connect, readonly string[]])[] = [
  [
    'no owner check',
    behind(stores.NoOwnerCheck),
    [
      'C6: a grant id that is not the live one changes nothing',
      'C6: a batch of renewals, where it is offered, leaves the leases of others alone',
    ],
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
    [
      'C1: who is refused learns who holds the lock, and for how long',
      'C1: anybody can read who holds a lock, and that nobody has held another',
      'C8: a lease expires not before its ttl, and not later than its ttl and the granularity',
    ],
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
  [
    'holders that share their leases',
    behind(stores.OwnedByHolder),
    ['C1: a live lease excludes its own holder too, under another grant id'],
  ],
  ['renewals that do nothing', behind(stores.IdleRenewal), ['C5: a renewal restarts the ttl']],
  [
    'renewals of what was given back',
    behind(stores.RenewsTheReleased),
    [
      'C5: a lease that was given back is not renewed',
      'C5: a batch of renewals, where it is offered, answers for each in order',
    ],
  ],
  ['slots that go back', behind(stores.SlotsGoBack), ['C15: an earlier slot does not take back a later one']],
  [
    'nothing to tell those who wait',
    behind(stores.TellsNobody),
    ['C7: who watches a lock, where that is offered, is told of releases and of slots'],
  ],
  [
    'wrong slots told to those who wait',
    behind(stores.TellsOfWrongSlots),
    ['C7: who watches a lock, where that is offered, is told of releases and of slots'],
  ],
  [
    'watches that cannot be closed',
    behind(stores.TellsForEver),
    ['C7: who has closed a watch is told nothing more'],
  ],
  [
    'no pauses',
    before(clients.Restless),
    [
      'C16: a paused job is refused to every instance until it is resumed',
      'C16: a pause during a run leaves the run alone, and outlasts its release',
      'C16: a pause outlasts a restart',
    ],
  ],
  [
    'lists without end',
    before(clients.BoundlessList),
    ['C12: a list has every lock whose name begins with the prefix, and no other'],
  ],
  [
    'one answer for a whole batch',
    before(clients.RashBatch),
    ['C5: a batch of renewals, where it is offered, answers for each in order'],
  ],
  [
    'no owner check in a batch',
    before(clients.BlindBatch),
    ['C6: a batch of renewals, where it is offered, leaves the leases of others alone'],
  ],
  [
    'a single way to be closed',
    before(clients.ClosesOnce),
    ['C13: an instance may be closed twice, and unused'],
  ],
  [
    'holders without names',
    before(
      clients.changing({ answer: (answer) => ('holder' in answer ? { ...answer, holder: '?' } : answer) }),
    ),
    ['C1: who is refused learns who holds the lock, and for how long'],
  ],
  [
    'seconds for milliseconds',
    before(
      clients.changing({
        record: ({ lease, ...rest }) => ({
          ...rest,
          lease: lease && { ...lease, expiresIn: lease.expiresIn / 1_000 },
        }),
      }),
    ),
    ['C1: anybody can read who holds a lock, and that nobody has held another'],
  ],
  [
    'the oldest report first',
    before(
      clients.changing({
        record: ({ jobs, ...rest }) => ({
          ...rest,
          jobs: Object.fromEntries(
            Object.entries(jobs).map(([name, job]) => [name, { ...job, recent: job.recent.toReversed() }]),
          ),
        }),
      }),
    ),
    ['C17: the record keeps the reports of the last runs, newest first'],
  ],
  [
    'jobs that ignore case',
    before(clients.claiming((job) => ({ ...job, name: job.name.toLowerCase() }))),
    ['C12: a job may be called as oddly as a lock'],
  ],
  [
    'one last slot for a whole lock',
    behind(stores.SlotsOfTheLock),
    [
      'C12: a job may be called as oddly as a lock',
      'C15: a slot marked at its grant counts as run from then on',
      'C15: jobs that share a lock exclude each other, and have slots of their own',
      'C16: a hold-off is in the record, and leaves other jobs of the lock alone',
    ],
  ],
  [
    'slots that count as run at once',
    before(clients.claiming((job) => ({ ...job, mark: 'at-acquire' }))),
    [
      'C15: a slot that the note does not mark is granted to the next who asks',
      'C15: a slot marked at its grant counts as run from then on',
      'C17: a release that fails has freed the lock and marked the slot, or neither',
    ],
  ],
  [
    'slots that are never marked at once',
    before(clients.claiming((job) => ({ ...job, mark: 'at-release' }))),
    ['C15: a slot marked at its grant counts as run from then on'],
  ],
  [
    'a slot for every run',
    before(clients.claiming((job) => ({ slot: 0, ...job }))),
    ['C15: a run outside the schedule is guarded by no slot, and marks none'],
  ],
  [
    'no limit to the future',
    before(clients.claiming((job) => ({ ...job, tolerance: Infinity }))),
    ["C15: a slot too far in the store's future is refused, and silences nobody"],
  ],
];

describe('the contract', () => {
  afterAll(() => {
    for (const timer of clients.LeakyTimer.leaked) clearInterval(timer);
  });

  it.each(MUTANTS)('catches a provider with %s', async (_, connect, expected) => {
    const failures = await failingCases(connect);
    expect(failures).toEqual(expected);
  });

  it('has a broken provider for each of its cases', () => {
    const caught = new Set(MUTANTS.flatMap(([, , failures]) => failures));
    expect(providerContract.map(nameOf).filter((name) => !caught.has(name))).toEqual([]);
  });
});

function nameOf({ id, title }: ContractCase): string {
  return `${id}: ${title}`;
}

async function failingCases(connect: Connect): Promise<readonly string[]> {
  const harness = memoryHarness(connect);
  const failures: string[] = [];
  for (const [n, one] of providerContract.entries()) {
    await one.run(harness, `contract #${n}`).catch(() => failures.push(nameOf(one)));
  }
  return failures;
}
