import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it } from '@jest/globals';
import { interval } from '@leased-jobs/core';
import { TestCluster } from '../support/cluster.js';

describe('the channel "leased-jobs"', () => {
  it('tells tools that know nothing of this library what the stream of events tells', async () => {
    const told: unknown[] = [];
    const listener = (event: unknown): void => void told.push(event);
    subscribe('leased-jobs', listener);
    const cluster = new TestCluster();
    const member = cluster.add({ schedule: interval(1_000) });
    await cluster.clock.advance(3_000);
    await member.engine.close();
    unsubscribe('leased-jobs', listener);
    expect(told.length).toBeGreaterThan(8);
    expect(told).toEqual(member.events);
  });
});
