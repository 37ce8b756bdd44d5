import { describe, expect, it } from '@jest/globals';
import { interval, type JobDefinition } from '@leased-jobs/core';
import { eventsOf, TestCluster } from '../support/cluster.js';
import { EvenRandom } from '../support/crowd.js';

const MINUTE = 60_000;

/** How long after their slots the runs of one instance begin whose chance is always this share. */
async function lateness(share: number, definition: Partial<JobDefinition>, slots = 3) {
  const cluster = new TestCluster();
  const late: number[] = [];
  const seen: number[] = [];
  const member = cluster.addWith(
    { random: new EvenRandom(share * 1_000, 1_000) },
    {
      handler: (run) => {
        late.push(run.late);
        seen.push(run.slot?.getTime() ?? 0);
      },
      ...definition,
    },
  );
  while (late.length < slots) await cluster.clock.advance(1_000);
  return { late, seen, member };
}

describe('a tick', () => {
  it('comes later than its slot by a tenth of the period at most', async () => {
    expect((await lateness(0.5, { schedule: interval(10_000) })).late).toEqual([500, 500, 500]);
    expect((await lateness(0.999, { schedule: interval(10_000) })).late).toEqual([999, 999, 999]);
  });

  it('comes later than its slot by two seconds at most, however long the period', async () => {
    expect((await lateness(0.5, { schedule: interval(60 * MINUTE) })).late).toEqual([1_000, 1_000, 1_000]);
  });

  it('comes later by chance up to the jitter of the job, and for the same slots', async () => {
    const schedule = interval(MINUTE);
    const { late, seen } = await lateness(0.75, { schedule, jitter: 20_000 });
    expect(late).toEqual([15_000, 15_000, 15_000]);
    const exact = await lateness(0.75, { schedule, jitter: 0 });
    expect(exact.late).toEqual([0, 0, 0]);
    expect(exact.seen).toEqual(seen);
  });

  it('never reaches the next slot, however large the jitter, so that none is left out', async () => {
    const { seen, member } = await lateness(0.999, { schedule: interval(10_000), jitter: 10 * MINUTE }, 20);
    expect(seen.slice(1).map((slot, index) => slot - (seen[index] ?? 0))).toEqual(Array(19).fill(10_000));
    expect(eventsOf(member, 'skipped')).toEqual([]);
  });
});
