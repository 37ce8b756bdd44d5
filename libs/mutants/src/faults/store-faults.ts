import type { Fault, TestCase } from '../fault.js';

const SCRIPTS = 'packages/provider-redis/src/lock-scripts.ts';
const GENERATIONS = 'packages/provider-file/src/generations.ts';
const DECISION = 'packages/provider-azure-blob/src/acquire-decision.ts';
const BLOB_LOCKS = 'packages/provider-azure-blob/src/blob-locks.ts';

/** Faults in what the providers do at their stores. Those of Redis start a server. */
export const STORE_FAULTS: readonly Fault[] = [
  {
    name: 'file-link-without-a-look-after',
    suffers:
      'A process that slept takes a name that was pruned meanwhile for the newest, and two hold the lock.',
    file: GENERATIONS,
    text: "if (highest > successor) return 'moved';",
    becomes: '',
    caughtBy: files('are not taken over by a link to a name that was pruned meanwhile'),
  },
  {
    name: 'file-taken-name-is-ours',
    suffers: 'Two processes that link to one name at once both believe that they were first.',
    file: GENERATIONS,
    text: "if (errorCode(thrown) === 'EEXIST') return false;\n      throw thrown;\n    }\n  }\n\n  async #makeFolder",
    becomes:
      "if (errorCode(thrown) === 'EEXIST') return true;\n      throw thrown;\n    }\n  }\n\n  async #makeFolder",
    caughtBy: files('are told apart by who linked first'),
  },
  {
    name: 'file-link-is-known-to-have-failed',
    suffers:
      'A grant whose answer was an error of the disk is not given back, and blocks the lock for a ttl.',
    file: 'packages/provider-file/src/file-locks.ts',
    text: "progress.applied = 'unknown';",
    becomes: "progress.applied = 'no';",
    caughtBy: {
      file: 'packages/provider-file/test/file-lease-provider.test.ts',
      title: 'a failing file system that fails after the link leaves it unknown whether the lock was granted',
    },
  },
  {
    name: 'file-pid-is-proof-enough',
    suffers: 'A holder that has died blocks its lock for a ttl, because its pid was given to somebody else.',
    file: 'packages/provider-file/src/process-prober.ts',
    text: 'return ended || found.startTime !== other.startTime;',
    becomes: 'return ended;',
    caughtBy: {
      file: 'packages/provider-file/test/process-prober.test.ts',
      title: 'whether a holder is dead when its pid was given to a process that started later',
    },
  },
  {
    name: 'redis-blind-release',
    suffers: 'A holder that comes too late deletes the lease of its successor, and a third one begins.',
    file: SCRIPTS,
    text: "if not lease or string.sub(lease, 1, #ARGV[1] + 1) ~= ARGV[1] .. ' ' then return 0 end",
    becomes: 'if not lease then return 0 end',
    caughtBy: redis('C6: a grant id that is not the live one changes nothing'),
  },
  {
    name: 'redis-blind-batch',
    suffers: 'A holder that comes too late renews the lease of its successor, and takes it for its own.',
    file: SCRIPTS,
    text: "type(lease) == 'string' and string.sub(lease, 1, #id) == id and",
    becomes: "type(lease) == 'string' and",
    caughtBy: redis('C6: a batch of renewals, where it is offered, leaves the leases of others alone'),
  },
  {
    name: 'redis-token-begins-anew',
    suffers: 'After a flush the new holder has a smaller token than the old one, and its writes are refused.',
    file: SCRIPTS,
    text: "local token = time[1] .. string.sub('00000' .. time[2], -6)",
    becomes: "local token = '0'",
    caughtBy: {
      file: 'packages/provider-redis/test/redis-lease-provider.process-test.ts',
      title:
        'the Redis provider on a server of its own tells the holder when all is flushed, and grants with a greater token',
    },
  },
  {
    name: 'redis-no-slot-guard',
    suffers: 'Ten instances that tick one after the other run a fast job ten times in each period.',
    file: SCRIPTS,
    text: "if done then return {'done', last} end",
    becomes: '',
    caughtBy: redis('C15: a slot that counts as run is done for everybody, as are all before it'),
  },
  {
    name: 'redis-batch-answers-of-others',
    suffers:
      'Of two instances that ask for many locks at once, one takes the refusal of one lock for the grant of another.',
    file: 'packages/provider-redis/src/script-batches.ts',
    text: 'const answer = (answers as readonly unknown[])[n];',
    becomes: 'const answer = (answers as readonly unknown[])[gathered.length - 1 - n];',
    caughtBy: {
      file: 'packages/provider-redis/test/script-batches.process-test.ts',
      title: 'many calls at once are a command for sixteen, with an answer for each',
    },
  },
  {
    name: 'redis-cluster-behind-one-address',
    suffers:
      'At a cloud service that hides a Cluster, an instance that runs two jobs at once loses both leases.',
    file: 'packages/provider-redis/src/redis-store-error.ts',
    text: '/^(?:CROSSSLOT|NOPERM) /',
    becomes: '/^NOPERM /',
    caughtBy: {
      file: 'packages/provider-redis/test/script-batches.process-test.ts',
      title:
        'a Cluster behind a single address, as some services have it is asked for each lock alone, and renews many leases',
    },
  },
  {
    name: 'redis-one-node-costs-all-leases',
    suffers: 'While one node of a Cluster is away, an instance loses its leases on all nodes.',
    file: 'packages/provider-redis/src/redis-lease-provider.ts',
    text: 'this.renew(grant, ttl, signal).catch(asError)',
    becomes: 'this.renew(grant, ttl, signal)',
    caughtBy: {
      file: 'packages/provider-redis/test/redis-lease-provider.process-test.ts',
      title:
        'the Redis provider on a Cluster renews the leases on the other nodes while one is frozen, or gone',
    },
  },
  {
    name: 'redis-one-bad-connection-fails-the-call',
    suffers: 'While a node of a Cluster is silent for half a second, the first call of an app fails.',
    file: 'packages/provider-redis/src/readiness.ts',
    text: 'else this.#failure = closedTooEarly();',
    becomes: 'else end(closedTooEarly());',
    caughtBy: {
      file: 'packages/provider-redis/test/readiness.test.ts',
      title:
        'the wait for a connection outlasts a connection that closes without an error, where the client begins another',
    },
  },
  {
    name: 'blob-write-that-lost-is-a-grant',
    suffers: 'Of two instances that decide about one state of a blob, both are granted the lock.',
    file: BLOB_LOCKS,
    text: 'if (written === null) continue;',
    becomes: 'if (written === null) return grant;',
    caughtBy: blobs('that loses nothing'),
  },
  {
    name: 'blob-owner-not-checked',
    suffers: 'A holder that comes too late goes on under the lease of its successor.',
    file: BLOB_LOCKS,
    text: 'if (!view?.locked || lease?.grantId !== grantId) return undefined;',
    becomes: 'if (!view?.locked || !lease) return undefined;',
    caughtBy: blobs('that loses answers'),
  },
  {
    name: 'blob-lost-attempt-forgotten',
    suffers: 'After one lost answer an instance is shut out by its own lease for a whole ttl.',
    file: DECISION,
    text: 'leaseId: attempt?.leaseId ?? reused ?? request.grantId,',
    becomes: 'leaseId: reused ?? request.grantId,',
    caughtBy: decision('is to lease under the id of the attempt whose answer was lost'),
  },
  {
    name: 'blob-leftover-of-another-ttl',
    suffers: 'Of two who begin a leftover lease anew, the one that loses shortens what the other relies on.',
    file: DECISION,
    text: 'const reused = leftover?.ttl === request.ttl ? leftover.leaseId : null;',
    becomes: 'const reused = leftover?.leaseId ?? null;',
    caughtBy: decision('is to end a leftover lease that had another ttl'),
  },
  {
    name: 'blob-token-of-the-clock-alone',
    suffers: 'Two grants within one reading of the clock have the same token, or the later one a smaller.',
    file: DECISION,
    text: 'Math.max(state.fencingToken + 1, tokenOfClock(state, now))',
    becomes: 'tokenOfClock(state, now)',
    caughtBy: decision('gives a token that is greater than the last one, and not behind the clock'),
  },
];

function files(title: string): TestCase {
  return {
    file: 'packages/provider-file/test/generations.test.ts',
    title: `the generations of a lock ${title}`,
  };
}

function redis(title: string): TestCase {
  return {
    file: 'packages/provider-redis/test/redis-lease-provider.contract.process-test.ts',
    title: `the Redis provider on a connection of its own ${title}`,
  };
}

function blobs(network: string): TestCase {
  return {
    file: 'packages/provider-azure-blob/test/interleavings.test.ts',
    title: `instances that share a blob over a slow and lossy network never trust two leases at once, nor run a slot twice: ${network}`,
  };
}

function decision(title: string): TestCase {
  return {
    file: 'packages/provider-azure-blob/test/acquire-decision.test.ts',
    title: `what is done to be granted a lock ${title}`,
  };
}
