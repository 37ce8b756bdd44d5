import { describe, expect, it } from '@jest/globals';
import { interval } from '@leased-jobs/core';
import { VirtualCluster, type VirtualInstance } from '../../src/index.js';

const idle = (): void => {};

describe('an instance of a virtual cluster', () => {
  it('has a clock of its own, which may be fast and whose wall may be wrong', async () => {
    const cluster = new VirtualCluster({ app: idle, wall: 1_000_000 });
    const [right, wrong] = [cluster.add('right'), cluster.add('wrong', { rate: 1.5, wallAhead: 7_000 })];

    await cluster.advance(10_000);

    expect(right.clock.wall()).toBe(1_010_000);
    expect(wrong.clock.monotonic()).toBe(15_000);
    expect(wrong.clock.wall()).toBe(1_022_000);
    wrong.stepWall(-7_000);
    expect(wrong.clock.wall()).toBe(1_015_000);
  });

  it('sets timers as Node does: whole milliseconds, and at least one', async () => {
    const cluster = new VirtualCluster({ app: idle });
    const { clock } = cluster.add('web-1');
    const fired: number[] = [];
    for (const delay of [2.9, 0, -5]) clock.setTimer(delay, () => fired.push(clock.monotonic()), true);

    await cluster.advance(10);

    expect(fired).toEqual([1, 1, 2]);
  });

  it('has timers that are late by no more than it was told', async () => {
    const cluster = new VirtualCluster({ app: idle });
    const { clock } = cluster.add('web-1', { lateness: 10 });
    const fired: number[] = [];
    for (let n = 0; n < 50; n++) clock.setTimer(100, () => fired.push(clock.monotonic()), true);

    await cluster.advance(200);

    expect(Math.min(...fired)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...fired)).toBeLessThanOrEqual(110);
    expect(new Set(fired).size).toBeGreaterThan(1);
  });

  it('does nothing while it is paused, and then what is overdue, in another order', async () => {
    const cluster = new VirtualCluster({ app: idle });
    const instance = cluster.add('web-1');
    const fired: number[] = [];
    for (let n = 1; n <= 20; n++) instance.clock.setTimer(n, () => fired.push(n), true);
    instance.pause();

    await cluster.advance(5_000);
    expect(fired).toEqual([]);
    instance.resume();
    await cluster.advance(0);

    expect(fired).toHaveLength(20);
    expect(fired).not.toEqual(fired.toSorted((a, b) => a - b));
  });

  it('does nothing any more once it has crashed, and starts anew', async () => {
    const starts: string[] = [];
    const cluster = new VirtualCluster({ app: ({ name }) => starts.push(name) });
    const instance = cluster.add('web-1');
    let slept = false;
    void instance.sleep(1_000).then(() => (slept = true));
    instance.crash();

    await cluster.advance(60_000);
    expect([slept, instance.isUp]).toEqual([false, false]);
    instance.restart();

    expect(instance.isUp).toBe(true);
    expect(starts).toEqual(['web-1', 'web-1']);
    await cluster.close();
  });

  it('leaves nothing open when it has stopped', async () => {
    const cluster = new VirtualCluster({ app: runsEverySecond([]) });
    const instances = [cluster.add('web-1'), cluster.add('web-2')];
    await cluster.advance(30_000);
    expect(instances.some(({ open }) => open > 0)).toBe(true);

    await cluster.close();

    expect(instances.map(({ open }) => open)).toEqual([0, 0]);
  });
});

describe('the store of a virtual cluster', () => {
  it('answers nobody while it is down', async () => {
    const runs: string[] = [];
    const cluster = new VirtualCluster({ app: runsEverySecond(runs) });
    cluster.add('web-1');
    cluster.stopStore();

    await cluster.advance(30_000);
    expect(runs).toEqual([]);
    cluster.startStore();
    await cluster.advance(30_000);

    expect(runs.length).toBeGreaterThan(20);
    await cluster.close();
  });

  it('is out of reach for an instance whose requests are all lost', async () => {
    const runs: string[] = [];
    const cluster = new VirtualCluster({ app: runsEverySecond(runs) });
    cluster.add('web-1').setNetwork({ requestsLost: 1 });
    cluster.add('web-2');

    await cluster.advance(30_000);

    expect(new Set(runs)).toEqual(new Set(['web-2']));
    await cluster.close();
  });

  it('grants no token twice, and none that is smaller, although it has lost its state', async () => {
    const tokens: number[] = [];
    const cluster = new VirtualCluster({
      app: ({ engine }) => {
        engine.add({
          name: 'job',
          schedule: interval(1_000),
          handler: (run) => tokens.push(run.fencingToken),
        });
      },
    });
    cluster.add('web-1');
    for (let n = 0; n < 5; n++) {
      await cluster.advance(5_000);
      cluster.loseState();
    }

    expect(tokens.length).toBeGreaterThan(20);
    expect(tokens).toEqual([...new Set(tokens)].toSorted((a, b) => a - b));
    await cluster.close();
  });
});

function runsEverySecond(runs: string[]): (instance: VirtualInstance) => void {
  return ({ engine, name }) => {
    engine.add({ name: 'job', schedule: interval(1_000), handler: () => runs.push(name) });
  };
}
