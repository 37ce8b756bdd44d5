import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRefusal, type LeaseGrant } from '@leased-jobs/core';
import { FileLeaseProvider } from '@leased-jobs/provider-file';
import { hostTime } from '../../host-time.js';
import type { Race, Won } from './race.js';

// Takes part in races for leases on files, and gives back what it has won when it is told of the next one. It asks the
// provider itself, once for each lock: nothing tries again, and nothing renews.

const [directory = ''] = process.argv.slice(2);
const provider = await FileLeaseProvider.open({ directory });
let held: readonly LeaseGrant[] = [];

process.on('message', (race: Race) => {
  // A rejection ends this process, and is seen by whoever has started it.
  void run(race);
});
process.send?.([]);

async function run({ locks, startAt, gap, ttl }: Race): Promise<void> {
  for (const grant of held) await provider.release(grant, {}, limit());
  const grants: LeaseGrant[] = [];
  for (const [index, lock] of locks.entries()) {
    await sleep(Math.max(0, startAt + index * gap - hostTime()));
    const request = { lock, grantId: randomUUID(), holder: String(process.pid), ttl };
    const answer = await provider.acquire(request, limit());
    if (!isRefusal(answer)) grants.push(answer);
  }
  held = grants;
  process.send?.(grants.map(({ lock, fencingToken }): Won => ({ lock, fencingToken })));
}

function limit(): AbortSignal {
  return AbortSignal.timeout(10_000);
}
