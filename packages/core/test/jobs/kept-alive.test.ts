import { describe, expect, it } from '@jest/globals';
import {
  atStart,
  fixedDelay,
  interval,
  JobEngine,
  type LeaseProvider,
  MemoryLeaseProvider,
  MemoryStore,
  service,
} from '@leased-jobs/core';
import { ManualClock } from '@leased-jobs/testing';

const MINUTE = 60_000;

/** An engine on a store that tells nobody of anything, so that whoever waits can only look at the clock. */
function quietEngine() {
  const clock = new ManualClock();
  const store = new MemoryStore(clock);
  const provider = (): LeaseProvider => Object.assign(new MemoryLeaseProvider(store), { watch: undefined });
  const engineOn = (): JobEngine => new JobEngine({ provider: provider(), clock, ttl: MINUTE });
  const isKeptAlive = (): boolean => clock.pending.some(({ keepAlive }) => keepAlive);
  return { clock, engine: engineOn(), other: engineOn(), isKeptAlive };
}

describe('a process that has nothing else to do', () => {
  it('does not end before its turn at what it does when it starts', async () => {
    const { clock, engine, other, isKeptAlive } = quietEngine();
    await other.leases.tryAcquire('migration');
    await other.leases.close(); // Its own timers are gone. The lease is not.
    let runs = 0;
    engine.add({ name: 'migration', schedule: atStart(), handler: () => void runs++ });
    const started = engine.startUp();
    await clock.advance(1_000);
    expect(isKeptAlive()).toBe(true);
    await clock.advance(2 * MINUTE);
    await started;
    expect(runs).toBe(1);
    await engine.close();
    expect(clock.pending).toEqual([]);
  });

  it.each([
    ['a fixed delay', fixedDelay(10 * MINUTE)],
    ['a service', service({ restartDelay: 10 * MINUTE })],
  ])('does not end between two runs of %s', async (_title, schedule) => {
    const { clock, engine, isKeptAlive } = quietEngine();
    let runs = 0;
    engine.add({ name: 'poll', schedule, handler: () => void runs++ });
    engine.start();
    await clock.advance(MINUTE);
    expect(runs).toBe(1);
    expect(isKeptAlive()).toBe(true);
    await engine.close();
    expect(clock.pending).toEqual([]);
  });

  it('does not end while what a job waits for is asked again', async () => {
    const { clock, engine, isKeptAlive } = quietEngine();
    const waitFor = async (): Promise<void> => {
      throw new Error('not yet');
    };
    engine.add({ name: 'report', schedule: interval(MINUTE), handler: () => {}, waitFor });
    engine.start();
    await clock.advance(1_000);
    expect(isKeptAlive()).toBe(true);
    await engine.close();
    expect(clock.pending).toEqual([]);
  });
});
