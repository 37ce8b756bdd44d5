import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { isRefusal } from '@leased-jobs/core';
import { FileLeaseProvider } from '../src/file-lease-provider.js';
import { NEVER } from './support/instance.js';
import { interceptedFiles } from './support/intercepted-files.js';
import { ManualHostClock } from './support/manual-host-clock.js';
import { memoryFiles } from './support/memory-files.js';

const ACTORS = 4;
const HISTORIES = 60;
const STEPS = 600;

describe('instances whose steps on one folder come in any order', () => {
  it('never hold the lock two at a time, and get tokens that grow', async () => {
    let total = 0;
    for (let seed = 1; seed <= HISTORIES; seed++) {
      const { faults, grants } = await history(seed);
      expect({ seed, faults }).toEqual({ seed, faults: [] });
      total += grants;
    }
    expect(total).toBeGreaterThan(10 * HISTORIES);
  }, 30_000);
});

/** Each actor acquires and releases without end; one of them at a time sleeps while the others make many steps. */
async function history(
  seed: number,
): Promise<{ readonly faults: readonly string[]; readonly grants: number }> {
  const random = generator(seed);
  const disk = memoryFiles();
  const waiting: Step[] = [];
  const holders = new Set<number>();
  const faults: string[] = [];
  let lastToken = 0;
  let grants = 0;
  let over = false;

  const turn = (actor: number): Promise<void> => new Promise((go) => waiting.push({ actor, go }));
  const act = async (actor: number): Promise<void> => {
    let running = false;
    const files = interceptedFiles(async (_step, _path, run) => {
      if (running) await turn(actor);
      return run();
    }, disk);
    const provider = await FileLeaseProvider.open(
      { directory: '/leases' },
      { files, clock: new ManualHostClock() },
    );
    running = true;
    while (!over) {
      const request = { lock: 'news', grantId: randomUUID(), holder: `${actor}`, ttl: 60_000 };
      const answer = await provider.acquire(request, NEVER);
      if (isRefusal(answer)) continue;
      if (holders.size > 0) faults.push(`${actor} holds it together with ${[...holders].join()}`);
      if (answer.fencingToken <= lastToken) faults.push(`token ${answer.fencingToken} after ${lastToken}`);
      lastToken = answer.fencingToken;
      grants++;
      holders.add(actor);
      for (let n = random(3); n > 0; n--) await turn(actor);
      holders.delete(actor);
      await provider.release(answer, {}, NEVER);
    }
  };

  let acting = ACTORS;
  const actors = Promise.all(
    Array.from({ length: ACTORS }, (_, actor) => act(actor).finally(() => (acting -= 1))),
  );
  let sleeper = 0;
  for (let step = 0; acting > 0; step++) {
    await new Promise(setImmediate);
    over = step >= STEPS;
    // Nobody sleeps on the lock for ever: the sleeper changes, and those who hold it go on.
    if (random(100) === 0) sleeper = random(ACTORS);
    const awake = waiting.filter(({ actor }) => over || actor !== sleeper || holders.has(actor));
    const next = awake[random(awake.length)];
    if (!next) continue;
    waiting.splice(waiting.indexOf(next), 1);
    next.go();
  }
  await actors;
  return { faults, grants };
}

interface Step {
  readonly actor: number;
  readonly go: () => void;
}

/** mulberry32: small, and the same on every machine. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
