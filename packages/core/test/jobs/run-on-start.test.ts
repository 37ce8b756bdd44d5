import { describe, expect, it } from '@jest/globals';
import { interval, type JobDefinition } from '@leased-jobs/core';
import { eventsOf, type Member, TestCluster } from '../support/cluster.js';
import { close, openEnd } from '../support/work.js';

const HOUR = 3_600_000;
const JOB: Partial<JobDefinition> = { schedule: interval(HOUR), runOnStart: true };

function slots(member: Member): readonly (number | undefined)[] {
  return eventsOf(member, 'run-started').map(({ slot }) => slot?.getTime());
}

/** The last slot up to now. */
function last({ clock }: TestCluster): number {
  return interval(HOUR).next(clock.wall() - HOUR, 'job');
}

describe('a job that is to run at the start', () => {
  it('runs the last slot at once in a cluster that is new, on one of its instances', async () => {
    const cluster = new TestCluster();
    const slot = last(cluster);
    const members = Array.from({ length: 5 }, () => cluster.add(JOB));
    await cluster.clock.advance(2_000);
    expect(members.flatMap(slots)).toEqual([slot]);
  });

  it('does not run again when other instances start, or the same one anew, before the next slot', async () => {
    const cluster = new TestCluster();
    const first = cluster.add(JOB);
    await cluster.clock.advance(2_000);
    expect(slots(first)).toHaveLength(1);
    const second = cluster.add(JOB);
    await cluster.clock.advance(2_000);
    await close(cluster, first);
    const again = cluster.add(JOB);
    await cluster.clock.advance(2_000);
    expect([...slots(second), ...slots(again)]).toEqual([]);
    expect(eventsOf(second, 'skipped')).toMatchObject([{ reason: 'done' }]);
    await cluster.clock.advance(HOUR);
    expect([...slots(second), ...slots(again)]).toHaveLength(1);
  });

  it('makes up for the last slot if all instances were down, and for no other', async () => {
    const cluster = new TestCluster();
    const first = cluster.add(JOB);
    await cluster.clock.advance(2_000);
    await close(cluster, first);
    await cluster.clock.advance(5 * HOUR);
    const slot = last(cluster);
    const second = cluster.add(JOB);
    await cluster.clock.advance(2_000);
    expect(slots(second)).toEqual([slot]);
  });

  it('waits two seconds at most for its first run, however large its jitter', async () => {
    const cluster = new TestCluster();
    const member = cluster.add({ ...JOB, jitter: HOUR / 2 });
    await cluster.clock.advance(2_000);
    expect(slots(member)).toHaveLength(1);
  });

  it('takes over the run of an instance that dies in it', async () => {
    const cluster = new TestCluster();
    const first = cluster.add({ ...JOB, handler: () => openEnd().ended });
    await cluster.clock.advance(2_000);
    const second = cluster.add(JOB);
    await cluster.clock.advance(2_000);
    expect(slots(second)).toEqual([]);
    for (const operation of ['acquire', 'renew', 'release'] as const) {
      first.provider.scripts.set(operation, () => new Promise(() => {}));
    }
    await cluster.clock.advance(12_000);
    expect(slots(second)).toEqual(slots(first));
  });

  it('begins so when it is added at run time', async () => {
    const cluster = new TestCluster();
    const member = cluster.add();
    member.engine.add({ name: 'job', schedule: interval(HOUR), runOnStart: true, handler: () => {} });
    await cluster.clock.advance(2_000);
    expect(slots(member)).toHaveLength(1);
  });

  it('runs no slot twice when the wall clock is set back', async () => {
    const cluster = new TestCluster();
    const member = cluster.add(JOB);
    await cluster.clock.advance(HOUR + 5_000);
    expect(slots(member)).toHaveLength(2);
    cluster.clock.stepWall(-HOUR);
    await cluster.clock.advance(HOUR / 2);
    expect(slots(member)).toHaveLength(2);
    await cluster.clock.advance(2 * HOUR);
    expect(new Set(slots(member)).size).toBe(slots(member).length);
    expect(slots(member).length).toBeGreaterThanOrEqual(3);
  });

  it('has no slot before its schedule begins, and waits for that', async () => {
    const cluster = new TestCluster();
    const at = cluster.clock.wall() + 5_000;
    const member = cluster.add({
      schedule: { description: 'once', next: (after) => (after < at ? at : Infinity) },
      runOnStart: true,
    });
    await cluster.clock.advance(4_900);
    expect(slots(member)).toEqual([]);
    await cluster.clock.advance(5_000);
    expect(slots(member)).toEqual([at]);
  });
});
