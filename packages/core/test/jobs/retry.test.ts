import { describe, expect, it } from '@jest/globals';
import { interval, type JobDefinition, type JobRun, type RetryPolicy } from '@leased-jobs/core';
import { eventsOf, TestCluster } from '../support/cluster.js';
import { close, outcomes, pause, started } from '../support/work.js';

const HOUR = 3_600_000;

/** One instance whose job fails so many times before it succeeds, and when it was called. */
function failing(failures: number, retry: RetryPolicy, definition: Partial<JobDefinition> = {}) {
  const cluster = new TestCluster();
  const calls: { readonly at: number; readonly attempt: number }[] = [];
  const handler = (run: JobRun): void => {
    calls.push({ at: cluster.clock.monotonic(), attempt: run.attempt });
    if (calls.length <= failures) throw new Error(`failure ${calls.length}`);
  };
  const member = cluster.add({ schedule: interval(HOUR), retry, handler, ...definition });
  const pauses = (): readonly number[] => calls.slice(1).map(({ at }, index) => at - (calls[index]?.at ?? 0));
  return { cluster, clock: cluster.clock, member, calls, pauses };
}

describe('a handler that throws', () => {
  it('is called once, without a retry', async () => {
    const { cluster, clock, member, calls } = failing(1, { attempts: 1 });
    await started(cluster);
    await clock.advance(120_000);
    expect(calls).toHaveLength(1);
    expect(outcomes(member)).toEqual(['failed']);
    expect(eventsOf(member, 'run-retried')).toEqual([]);
  });

  it('is called again ever later, from a second on, within one run and under one lease', async () => {
    const { cluster, clock, member, calls, pauses } = failing(3, { attempts: 5 });
    await started(cluster);
    await clock.advance(60_000);
    expect(calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    expect(pauses()).toEqual([1_000, 2_000, 4_000]);
    expect(eventsOf(member, 'run-started')).toHaveLength(1);
    expect(outcomes(member)).toEqual(['succeeded']);
    expect(eventsOf(member, 'run-ended')[0]).not.toHaveProperty('error');
    expect(eventsOf(member, 'run-ended')[0]?.report).not.toHaveProperty('error');
    expect(member.provider.times('acquire')).toHaveLength(1);
    expect(eventsOf(member, 'acquired')).toHaveLength(1);
  });

  it('is told of at each retry, with the attempt that has failed, the delay, and the error', async () => {
    const { cluster, clock, member } = failing(2, { attempts: 3, delay: 50 });
    await started(cluster);
    await clock.advance(60_000);
    expect(eventsOf(member, 'run-retried')).toMatchObject([
      { job: 'job', attempt: 1, delay: 50, error: { message: 'failure 1' } },
      { job: 'job', attempt: 2, delay: 100, error: { message: 'failure 2' } },
    ]);
  });

  it('is called as often as was said, and its last error is that of the run', async () => {
    const { cluster, clock, member, calls } = failing(9, { attempts: 3 });
    await started(cluster);
    await clock.advance(60_000);
    expect(calls).toHaveLength(3);
    expect(eventsOf(member, 'run-ended')).toMatchObject([
      { report: { outcome: 'failed', error: 'failure 3' }, error: { message: 'failure 3' } },
    ]);
  });

  it('is called again after the same delay each time, if that is fixed', async () => {
    const { cluster, clock, pauses } = failing(4, { attempts: 5, backoff: 'fixed', delay: 700 });
    await started(cluster);
    await clock.advance(60_000);
    expect(pauses()).toEqual([700, 700, 700, 700]);
  });

  it('waits no longer than `maxDelay`', async () => {
    const { cluster, clock, pauses } = failing(4, { attempts: 5, delay: 400, maxDelay: 1_000 });
    await started(cluster);
    await clock.advance(60_000);
    expect(pauses()).toEqual([400, 800, 1_000, 1_000]);
  });

  it('waits no longer than a minute, unless its first delay is longer', async () => {
    const short = failing(3, { attempts: 4, delay: 25_000 });
    await started(short.cluster);
    await short.clock.advance(300_000);
    expect(short.pauses()).toEqual([25_000, 50_000, 60_000]);
    const long = failing(2, { attempts: 3, delay: 90_000 });
    await started(long.cluster);
    await long.clock.advance(300_000);
    expect(long.pauses()).toEqual([90_000, 90_000]);
  });

  it('is called again at once with a delay of 0, however often it has failed', async () => {
    const { cluster, clock, member, calls } = failing(1_100, { attempts: 2_000, delay: 0 });
    await started(cluster);
    await clock.advance(100);
    expect(calls).toHaveLength(1_101);
    expect(outcomes(member)).toEqual(['succeeded']);
  });
});

describe('a run that waits for its next attempt', () => {
  it('keeps its lease meanwhile, so that no other instance begins', async () => {
    const { cluster, clock, member } = failing(1, { attempts: 2, delay: 60_000 });
    const other = cluster.add({ schedule: interval(HOUR) });
    await started(cluster);
    await clock.advance(55_000);
    expect(eventsOf(member, 'renewed').length).toBeGreaterThan(5);
    expect(eventsOf(other, 'run-started')).toEqual([]);
    await clock.advance(10_000);
    expect(outcomes(member)).toEqual(['succeeded']);
  });

  it('is not tried again once this instance stops, and leaves its slot to others', async () => {
    const { cluster, clock, member, calls } = failing(9, { attempts: 5, delay: 60_000 });
    await started(cluster);
    const drained = await member.engine.drain();
    expect(drained).toMatchObject({ unfinished: [], took: 0 });
    expect(outcomes(member)).toEqual(['interrupted']);
    const heir = cluster.add({ schedule: interval(HOUR), runOnStart: true });
    await clock.advance(5_000);
    expect(calls).toHaveLength(1);
    expect(outcomes(heir)).toEqual(['succeeded']);
    await close(cluster, heir);
    expect(clock.pending).toEqual([]);
  });

  it('is not tried again after a stop that its handler has answered by throwing', async () => {
    const cluster = new TestCluster();
    let calls = 0;
    const handler = async (run: JobRun): Promise<void> => {
      calls++;
      await pause(cluster.clock, 2_000);
      run.signal.throwIfAborted();
    };
    const member = cluster.add({ schedule: interval(HOUR), retry: { attempts: 5 }, handler });
    await started(cluster);
    await close(cluster, member);
    expect(calls).toBe(1);
    expect(outcomes(member)).toEqual(['interrupted']);
    expect(eventsOf(member, 'run-retried')).toEqual([]);
  });

  it('counts the wait, and all attempts, as its runtime', async () => {
    const { cluster, clock, member, calls } = failing(
      9,
      { attempts: 9, delay: 4_000, backoff: 'fixed' },
      { maxRuntime: 10_000 },
    );
    await started(cluster);
    await clock.advance(60_000);
    expect(calls).toHaveLength(3);
    expect(eventsOf(member, 'run-ended')).toMatchObject([
      { report: { outcome: 'timed-out', duration: 10_000, error: 'failure 3' } },
    ]);
  });

  it('ends as lost when its lease is, without another attempt', async () => {
    const { cluster, clock, member, calls } = failing(1, { attempts: 2, delay: 50_000 });
    await started(cluster);
    cluster.store.locks.clear();
    await clock.advance(10_000);
    // The slot is open, and this instance takes it anew.
    expect(outcomes(member)).toEqual(['lost', 'succeeded']);
    expect(eventsOf(member, 'run-retried')).toHaveLength(1);
    expect(calls.map(({ attempt }) => attempt)).toEqual([1, 1]);
  });

  it('is not tried again if it sleeps through the end of its lease, whatever timer fires first', async () => {
    const { cluster, clock, member, calls } = failing(1, { attempts: 2, delay: 1_000 });
    await started(cluster, 'job', 100);
    await clock.freeze(15_000, (timers) => timers.toReversed());
    expect(calls.filter(({ attempt }) => attempt === 2)).toEqual([]);
    expect(outcomes(member)).toEqual(['lost']);
  });
});
