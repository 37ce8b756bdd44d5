import { describe, expect, it } from '@jest/globals';
import { type JobRun, JobStoppedError, service } from '@leased-jobs/core';
import { type Member, TestCluster } from '../support/cluster.js';

/** Three instances of a service that ends as soon as it is told to. `tells`: whether the store tells of what is written. */
function serviceCluster({ tells }: { readonly tells: boolean }) {
  const cluster = new TestCluster();
  const running = new Set<JobRun>();
  const reasons: unknown[] = [];
  const handler = async (run: JobRun): Promise<void> => {
    running.add(run);
    await new Promise((resolve) => run.signal.addEventListener('abort', resolve));
    running.delete(run);
    reasons.push(run.signal.reason);
  };
  const members: Member[] = [];
  for (let n = 0; n < 3; n++) {
    const member = cluster.add({ schedule: service(), handler });
    if (tells) member.provider.tell();
    members.push(member);
  }
  return { cluster, members, running, reasons };
}

describe('a service that is paused by another instance', () => {
  it('is told at once where the store tells of it, and begins again at once when it is resumed', async () => {
    const { cluster, members, running, reasons } = serviceCluster({ tells: true });
    await cluster.clock.advance(20_000);
    expect(running.size).toBe(1);
    const [first] = members;
    await first?.engine.setPaused('job', true);
    await cluster.clock.advance(10);
    expect(running.size).toBe(0);
    expect(reasons).toEqual([expect.any(JobStoppedError)]);
    await cluster.clock.advance(300_000);
    expect(running.size).toBe(0);
    await first?.engine.setPaused('job', false);
    await cluster.clock.advance(10);
    expect(running.size).toBe(1);
  });

  it('is told within a ttl where the store does not, and begins again within a minute of being resumed', async () => {
    const { cluster, members, running } = serviceCluster({ tells: false });
    await cluster.clock.advance(20_000);
    expect(running.size).toBe(1);
    await members[0]?.engine.setPaused('job', true);
    await cluster.clock.advance(10);
    expect(running.size).toBe(1);
    await cluster.clock.advance(10_000);
    expect(running.size).toBe(0);
    await cluster.clock.advance(300_000);
    expect(running.size).toBe(0);
    await members[0]?.engine.setPaused('job', false);
    await cluster.clock.advance(62_000);
    expect(running.size).toBe(1);
  });
});
