import { describe, expect, it } from '@jest/globals';
import { atStart, ConfigurationError, fixedDelay, interval, type Schedule, service } from '@leased-jobs/core';
import { TestCluster } from '../support/cluster.js';

function engineWith(schedule: Schedule) {
  const cluster = new TestCluster();
  return { cluster, engine: cluster.prepare({}, { schedule }).engine };
}

describe('the preview of a job', () => {
  it('tells its next slots, those that its instances will run', async () => {
    const { cluster, engine } = engineWith(interval(60_000));
    const slots = engine.next('job', 3).map((slot) => slot.getTime());
    expect(slots).toEqual(
      [0, 1, 2].map((n) => interval(60_000).next(cluster.clock.wall(), 'job') + n * 60_000),
    );
    const member = cluster.add({ schedule: interval(60_000) });
    await cluster.clock.advance(185_000);
    const run = member.events.flatMap((event) =>
      event.type === 'run-started' ? [event.slot?.getTime()] : [],
    );
    expect(run).toEqual(slots);
  });

  it('tells fewer of a schedule that ends, or whose slots do not go on', () => {
    const at = Date.UTC(2040, 0, 1);
    const ending = { description: 'once', next: (after: number) => (after < at ? at : Infinity) };
    expect(engineWith(ending).engine.next('job', 5)).toEqual([new Date(at)]);
    expect(engineWith({ description: 'stuck', next: () => at }).engine.next('job', 5)).toEqual([
      new Date(at),
    ]);
    expect(engineWith({ description: 'odd', next: () => Number.NaN }).engine.next('job', 5)).toEqual([]);
  });

  it.each([[fixedDelay(5)], [service()], [atStart()]])('tells none of %j, which has no slots', (schedule) => {
    expect(engineWith(schedule).engine.next('job', 5)).toEqual([]);
  });

  it('tells as many as were asked for, from none to a thousand', () => {
    const { engine } = engineWith(interval(1_000));
    expect(engine.next('job', 0)).toEqual([]);
    expect(engine.next('job', 1_000)).toHaveLength(1_000);
    for (const count of [-1, 1.5, 1_001, Number.NaN, '5' as never]) {
      expect(() => engine.next('job', count)).toThrow(ConfigurationError);
      expect(() => engine.next('job', count)).toThrow('Choose a whole number from 0 to 1000.');
    }
  });

  it('is refused for what is not known', () => {
    expect(() => engineWith(interval(1_000)).engine.next('jobs', 1)).toThrow(
      'There is no job "jobs". Choose among job.',
    );
  });
});
