import { jittered, type Random } from '../time/random.js';

export interface Waiting {
  /** In how many milliseconds asking again makes sense, says the store. */
  readonly named: number;
  /** Whether the store wants to be asked at that time. Otherwise it has only told when the lease expires unless it is renewed. */
  readonly isWanted: boolean;
  /** How long it was waited already, in milliseconds. */
  readonly waited: number;
  /** Whether the store tells of releases. */
  readonly isTold: boolean;
}

/**
 * In how many milliseconds somebody who waits for a lock asks again: at the time that the refusal names or, where the store
 * does not tell of releases, before that. Holders renew, so that time may not come while the lock is given back and taken.
 *
 * The longer the wait, the more rarely: the lock may have been free for a second or so, or for a tenth of the wait. A wait of a
 * minute takes some 30 questions, one of an hour 70. Those who wait together do not ask together.
 */
export function askingAgainAfter({ named, isWanted, waited, isTold }: Waiting, random: Random): number {
  const pause = Math.max(LEAST, waited * SHARE);
  const isSoon = isWanted && named < pause / 2;
  if (isTold || isSoon) return jittered(named, random);
  return Math.min(named, pause / 2) + pause * random.next();
}

const SHARE = 0.1;
/** Milliseconds. */
const LEAST = 1_000;
