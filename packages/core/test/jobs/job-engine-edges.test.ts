import { describe, expect, it } from '@jest/globals';
import { ConfigurationError, interval, JobEngine, MemoryLeaseProvider } from '@leased-jobs/core';
import { eventsOf, TestCluster } from '../support/cluster.js';

describe('a wall clock that is an hour ahead for a moment', () => {
  it('costs no more than a minute of slots once it is right again', async () => {
    const cluster = new TestCluster();
    const member = cluster.add({ schedule: interval(10_000) });
    await cluster.clock.advance(25_000);
    const before = eventsOf(member, 'run-ended').length;
    // The store is not fooled: it has the right time throughout.
    member.provider.scripts.set('acquire', () => ({
      refused: 'ahead',
      by: 3_600_000,
      retryAfter: 3_590_000,
    }));
    cluster.clock.stepWall(3_600_000);
    await cluster.clock.advance(15_000);
    cluster.clock.stepWall(-3_600_000);
    member.provider.scripts.delete('acquire');
    await cluster.clock.advance(120_000);
    expect(eventsOf(member, 'run-ended').length).toBeGreaterThanOrEqual(before + 5);
  });
});

describe('drain() alone', () => {
  it('renews a run that goes on no more, and keeps no timer for it', async () => {
    const cluster = new TestCluster();
    const member = cluster.add({ handler: () => new Promise(() => {}) });
    while (eventsOf(member, 'run-started').length === 0) await cluster.clock.advance(1_000);
    const draining = member.engine.drain();
    await cluster.clock.advance(10_000);
    expect(await draining).toMatchObject({ unfinished: ['job'] });
    const renewed = member.provider.times('renew').length;
    expect(renewed).toBeGreaterThan(0);
    await cluster.clock.advance(60_000);
    expect(member.provider.times('renew')).toHaveLength(renewed);
    expect(cluster.clock.pending).toEqual([]);
  });
});

describe('add', () => {
  it('checks the length of a lock with its namespace', () => {
    const engine = new JobEngine({ provider: new MemoryLeaseProvider(), namespace: 'n'.repeat(200) });
    const add = (lock: string) => () =>
      engine.add({ name: lock, schedule: interval(1_000), handler: () => {} });
    expect(add('x'.repeat(55))).not.toThrow();
    expect(add('x'.repeat(56))).toThrow(ConfigurationError);
    expect(add('x'.repeat(56))).toThrow('257 bytes');
  });
});
