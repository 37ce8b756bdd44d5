import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hostTime } from '../../host-time.js';
import type { Print } from '../print.js';
import { ContenderProcess } from './contender-process.js';
import type { Won } from './race.js';

/**
 * Lets eight processes race for each of that many stale leases on files, and resolves with whether each had exactly one
 * winner, with a greater token than the stale lease. Half of the stale holders are dead, half of them live and have let
 * their lease lapse. The same locks are used again and again, so old generations are removed while they race.
 */
export async function raceForTakeovers(takeovers: number, print: Print): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), 'leased-jobs-takeovers-'));
  const processes: ContenderProcess[] = [];
  const start = async (): Promise<ContenderProcess> => {
    const contender = await ContenderProcess.start(directory);
    processes.push(contender);
    return contender;
  };
  const winners = new Map<number, number>();
  let wrongTokens = 0;
  try {
    const lapsing = await start();
    const racers: ContenderProcess[] = [];
    while (racers.length < RACERS) racers.push(await start());
    for (let left = takeovers; left > 0; left -= WAVE) {
      const locks = Array.from({ length: Math.min(left, WAVE) }, (_, index) => `lock-${index}`);
      const stale = await makeStale(locks, lapsing, await start());
      const race = { locks, startAt: hostTime() + LEAD, gap: GAP, ttl: LONG };
      const won = await Promise.all(racers.map((racer) => racer.take(race)));
      // Told of a race without locks, they give back what they hold.
      await Promise.all(racers.map((racer) => racer.take({ ...race, locks: [] })));
      for (const lock of locks) {
        const tokens = tokensOf(lock, won);
        winners.set(tokens.length, (winners.get(tokens.length) ?? 0) + 1);
        wrongTokens += tokens.filter((token) => token <= (stale.get(lock) ?? Infinity)).length;
      }
    }
  } finally {
    await Promise.all(processes.map((contender) => contender.kill()));
    rmSync(directory, { recursive: true, force: true });
  }
  const counts = [...winners].map(([count, times]) => `${times} with ${count}`).join(', ');
  print(
    `${takeovers} stale leases on files, ${RACERS} processes: winners ${counts}; ${wrongTokens} wrong tokens`,
  );
  return winners.get(1) === takeovers && wrongTokens === 0;
}

/** Resolves with the tokens of the stale leases. */
async function makeStale(
  locks: readonly string[],
  lapsing: ContenderProcess,
  doomed: ContenderProcess,
): Promise<ReadonlyMap<string, number>> {
  const now = { startAt: 0, gap: 0 };
  const taken = await Promise.all([
    lapsing.take({ ...now, locks: locks.filter((_, index) => index % 2 === 0), ttl: SHORT }),
    doomed.take({ ...now, locks: locks.filter((_, index) => index % 2 === 1), ttl: LONG }),
  ]);
  await doomed.kill();
  await sleep(SHORT + LAPSE);
  const stale = new Map(taken.flat().map(({ lock, fencingToken }) => [lock, fencingToken]));
  if (stale.size !== locks.length) throw new Error('Not every lock was free before its race.');
  return stale;
}

function tokensOf(lock: string, won: readonly (readonly Won[])[]): number[] {
  return won.flat().flatMap((one) => (one.lock === lock ? [one.fencingToken] : []));
}

const RACERS = 8;
/** How many locks there are. */
const WAVE = 100;
/** Milliseconds, as all of these. */
const SHORT = 100;
const LONG = 120_000;
/** How late a lease may be found expired. */
const LAPSE = 200;
const LEAD = 100;
/** From one takeover to the next. */
const GAP = 10;
