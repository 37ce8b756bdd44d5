import { expect, it } from '@jest/globals';
import { interval } from '@leased-jobs/core';
import { eventsOf, TestCluster } from '../support/cluster.js';

it('a slot is run once by an instance whose clock is set back, though another permit of its job is free', async () => {
  const cluster = new TestCluster();
  const member = cluster.add({ schedule: interval(60_000), concurrency: 3 });
  while (eventsOf(member, 'run-ended').length === 0) await cluster.clock.advance(1_000);
  cluster.clock.stepWall(-70_000);
  await cluster.clock.advance(125_000);
  expect(eventsOf(member, 'run-started')).toHaveLength(1);
  await cluster.clock.advance(120_000);
  const slots = eventsOf(member, 'run-started').map(({ slot }) => Number(slot));
  expect(new Set(slots).size).toBe(slots.length);
  expect(slots.length).toBeGreaterThan(1);
});
