import { describe, expect, it } from '@jest/globals';
import { type Clock, isRefusal, type LeaseGrant } from '@leased-jobs/core';
import { SeededRandom } from '@leased-jobs/testing';
import { BlobLocks } from '../src/blob-locks.js';
import { StoreClock } from '../src/store-clock.js';
import { SimulatedAzure } from './support/simulated-azure.js';
import { Simulation } from './support/simulation.js';

const TTL = 15_000;

/** Two providers of one process, as where a worker renews: what the second is given is a copy of the first one's grant. */
async function renewedElsewhere(times: number, after: (here: BlobLocks, grant: LeaseGrant) => Promise<void>) {
  const simulation = new Simulation(new SteadyRandom(1));
  const azure = new SimulatedAzure(simulation, { loss: 0 });
  const [here, elsewhere] = [connect(simulation, azure), connect(simulation, azure)];
  let end = 'not reached';
  const live = async (): Promise<void> => {
    const grant = await here.acquire(
      { lock: 'news', grantId: 'mine', holder: 'web-1', ttl: TTL, job: JOB(simulation.now) },
      NEVER,
    );
    if (isRefusal(grant)) throw new Error(grant.refused);
    const copy = structuredClone(grant);
    for (let n = 0; n < times; n++) {
      await simulation.sleep(TTL / 3);
      expect(await elsewhere.renew(copy, TTL, NEVER)).toBe(true);
    }
    await simulation.sleep(TTL / 3);
    await after(here, grant);
    end = 'reached';
  };
  const living = live();
  await simulation.run();
  await living;
  expect(end).toBe('reached');
}

describe('a lease that a provider of another thread has renewed', () => {
  it('is renewed by the one that was granted it once that thread has ended, however long that took', async () => {
    await renewedElsewhere(20, async (here, grant) => {
      expect(await here.renew(grant, TTL, NEVER)).toBe(true);
      expect(await here.renew(grant, TTL, NEVER)).toBe(true);
    });
  });

  it('is released by the one that was granted it', async () => {
    await renewedElsewhere(20, async (here, grant) => {
      await here.release(grant, { job: { name: 'send', slot: 7 } }, NEVER);
      expect(await here.read('news', NEVER)).toMatchObject({ lease: null, jobs: { send: { lastSlot: 7 } } });
    });
  });
});

function connect(simulation: Simulation, azure: SimulatedAzure): BlobLocks {
  const clock: Clock = {
    wall: () => simulation.now,
    monotonic: () => simulation.now,
    setTimer: () => ({ cancel() {} }),
  };
  return new BlobLocks(() => azure.client(), new StoreClock(clock), clock);
}

/** A network that is neither slow nor lossy. */
class SteadyRandom extends SeededRandom {
  override next(): number {
    return 0.5;
  }
}

const JOB = (slot: number) => ({ name: 'send', slot, mark: 'at-release', tolerance: 5_000 }) as const;
const NEVER = new AbortController().signal;
